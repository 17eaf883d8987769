"""After the trials: refit, evaluation, baselines, leaderboard."""
