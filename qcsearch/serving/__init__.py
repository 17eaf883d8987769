"""Trained models behind HTTP, with the extra `[serve]`: the last room of the house, which commands alone import."""
