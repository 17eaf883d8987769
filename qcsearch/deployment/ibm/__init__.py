"""IBM's cloud through its own client, so that no paid job is lost or doubled and no key leaks."""
