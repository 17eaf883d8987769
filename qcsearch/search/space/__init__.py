"""The search space: its file, its parameters, and what of it a device and a task leave."""
