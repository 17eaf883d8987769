"""The processor: calibration facts, regions of qubits, mapping, noise model."""
