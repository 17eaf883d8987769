"""What computes answers: each behind one small protocol, see `base`."""
