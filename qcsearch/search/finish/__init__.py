"""After the trials: refit, evaluation, comparisons, leaderboard."""
