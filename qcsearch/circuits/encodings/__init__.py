"""Encodings: how features enter a circuit."""
