"""What is kept on disk and how: canonical JSON, atomic files, locks, and bounds on what is read."""
