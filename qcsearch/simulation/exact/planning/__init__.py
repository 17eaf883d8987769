"""From a circuit to what the kernels work with: light cones, sections, fused tapes, tables."""
