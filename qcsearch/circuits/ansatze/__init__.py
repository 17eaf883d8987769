"""Ansatze: the parameterised quantum circuits (PQCs)."""
