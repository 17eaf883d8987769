"""Whole searches measured: which runs, in processes whose circuits are counted, what came of them."""
