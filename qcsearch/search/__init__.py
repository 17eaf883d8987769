"""The search: spaces, strategies, constraints, the study and its leaderboard."""
