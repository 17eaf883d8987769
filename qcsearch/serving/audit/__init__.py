"""What was asked by whom, so written that it cannot be changed unseen."""
