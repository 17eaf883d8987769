def check() -> None:
    """Soon."""
