"""From a candidate to a trained model: gradients, optimisers, losses, heads."""
