"""The exact engine: Pauli vectors on each observable's light cone, gradients by adjoint differentiation."""
