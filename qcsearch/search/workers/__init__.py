"""Worker processes and the loop of trials in each."""
