"""Calibration facts: where they come from, how they are written, what is wrong with them."""
