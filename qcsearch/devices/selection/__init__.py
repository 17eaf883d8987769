"""Which physical qubits: connected regions, and layouts elsewhere."""
