"""The run folder: configuration, history and result of a search, on disk."""
