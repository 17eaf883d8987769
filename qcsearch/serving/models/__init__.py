"""Bundles as a service holds them: verified, named, warm."""
