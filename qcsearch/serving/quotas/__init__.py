"""How much a key may use: reserved before anything is computed, settled after, kept on disk."""
