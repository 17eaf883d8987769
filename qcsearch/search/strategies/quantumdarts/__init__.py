"""QuantumDARTS and the differentiable circuit that it trains."""
