"""What every room's tests share."""

from __future__ import annotations

import os

# Before numpy or Aer are imported: the tests run beside each other on few cores.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from planted import Planted  # noqa: E402  after the threads are set


def pytest_configure(config):
    """Plant an API key for the whole run."""
    plugin = Planted()
    plugin.plant()
    config.pluginmanager.register(plugin, "planted")


def pytest_report_header():
    return "an API key is planted in the environment and the account file"
