def search() -> None:
    """Soon."""
