"""The exact noisy engine, and Aer as its referee."""
