"""Commands of the service: `serve` and `keys`."""
