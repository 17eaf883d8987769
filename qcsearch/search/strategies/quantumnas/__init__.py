"""QuantumNAS and its pruning."""
