"""Data in: load, check, split; preprocessing as a scikit-learn Pipeline."""
