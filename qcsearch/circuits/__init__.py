"""The candidate and what it becomes: encodings, ansatze, observables, circuits."""
