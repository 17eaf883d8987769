"""Tokens of an identity provider (OpenID Connect) in place of keys of our own."""
