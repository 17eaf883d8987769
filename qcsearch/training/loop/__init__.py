"""The training loop: what stays the same in it, what changes, what it hands back, and its checkpoints."""
