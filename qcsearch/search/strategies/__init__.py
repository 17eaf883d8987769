"""The strategies: how the next candidate is chosen and when a trial is stopped."""
