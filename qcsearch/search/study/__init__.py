"""The study: its journal, what it asks and what it is told."""
