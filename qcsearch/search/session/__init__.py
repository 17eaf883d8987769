"""One session of a run: what it works with, its trials, its end."""
