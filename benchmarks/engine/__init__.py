"""Cases, peers, measurement and table of `benchmarks/engine.py`."""
