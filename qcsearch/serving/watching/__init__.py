"""What is written down of a request: a line of JSON and numbers, never its content."""
