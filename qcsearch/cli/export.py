def export() -> None:
    """Soon."""
