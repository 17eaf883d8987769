"""Executors: the seam between the program and whatever runs circuits; one file each."""
