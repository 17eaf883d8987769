"""One trial: from parameters to a record."""
