"""Preprocessing: from raw features to angles, fitted on the training split only."""
