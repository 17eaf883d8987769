"""Whether what comes back can be believed: canaries, drift, noise-model check, tomography."""
