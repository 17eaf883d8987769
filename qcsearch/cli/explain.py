def explain() -> None:
    """Soon."""
