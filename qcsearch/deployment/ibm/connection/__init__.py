"""The connection to IBM's cloud: credentials, transport, retries, errors."""
