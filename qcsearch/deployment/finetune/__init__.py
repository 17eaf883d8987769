"""The last training steps, on the backend."""
