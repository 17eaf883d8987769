"""Finitely many shots: what they make of expectation values, of a training, and of an accuracy.

`sampling.py` draws the bits of each measurement basis, as a machine does; `score.py` says how often a model is right
with them; `perturbation.py` is the quick form that a training uses at every step.
"""
