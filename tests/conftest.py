"""What every room's tests share."""

from __future__ import annotations

import os

# Before numpy or Aer are imported: the tests run beside each other on few cores.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
