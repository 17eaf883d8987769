"""What a deployment may cost, will cost and has cost, in QPU seconds."""
