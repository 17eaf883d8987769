"""The conformance kit of executors on a vendor's backend, which the environment names."""

from __future__ import annotations

import os

import pytest

from qcsearch.deployment.executors.opening import open_executor as opened
from qcsearch.testing.executors import ExecutorConformance


class TestVendor(ExecutorConformance):
    seeded = False

    @pytest.fixture
    def open_executor(self):
        return lambda seed: opened(os.environ["VENDOR_BACKEND"], seed=seed)
