"""Aer behind the interface of the exact engine: the referee."""
