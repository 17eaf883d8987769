"""Gradients: how the derivative of the loss by the circuit's weights is found, and the shift rule's circuit."""
