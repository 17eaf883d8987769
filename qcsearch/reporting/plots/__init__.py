"""Drawings: figures, circuits, devices."""
