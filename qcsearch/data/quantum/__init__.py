"""Samples that are quantum states: what they are, where they come from, what is checked of them."""
