"""The trained model on disk: written, verified, read."""
