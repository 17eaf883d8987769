"""Conformance kits for the authors of plugins."""
