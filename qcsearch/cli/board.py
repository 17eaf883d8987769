def board() -> None:
    """Soon."""
