"""Classical models of targets that are no classes: of numbers, and of several labels at once."""
