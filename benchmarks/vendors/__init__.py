"""The parts of `benchmarks/vendors.py`; see `benchmarks/README.md`."""
