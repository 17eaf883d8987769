"""One file a peer; each has `runners(case, threads)`."""
