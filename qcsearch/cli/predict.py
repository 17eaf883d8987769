def predict() -> None:
    """Soon."""
