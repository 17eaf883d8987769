"""What is in a checkout and not in the source distribution."""

from __future__ import annotations

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CHECKOUT_ONLY = pytest.mark.skipif(not (BENCHMARKS / "data").is_dir(), reason="the data are in the checkout")
