"""How good a trained model is beyond its score: class by class, and how far its probabilities can be believed."""
