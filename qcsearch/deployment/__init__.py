"""From the noise model to a backend: executors, fine-tuning, inference."""
