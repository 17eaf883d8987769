def deploy() -> None:
    """Soon."""
