"""The default strategy and its ingredients."""
