"""What a client may ask: the Open Inference Protocol v2, and `/v1/predict` for people."""
