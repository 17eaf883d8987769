"""Pauli propagation: circuits too wide for the exact engine, with what is left out told."""
