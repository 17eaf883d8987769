"""Programs at work: batches, threads, memory, compilation."""
