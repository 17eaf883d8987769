"""The page for people: one document that fetches nothing from anywhere else."""
