"""The candidate: the only thing that a search produces, its parts and their checks."""
