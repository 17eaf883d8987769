"""Baselines: what the winner is compared with, each as its friends would run it, and on the rows that the winner saw.

One file a kind, one frozen value a row; `models` and `circuits` say which of them `--baselines none`, `fast` and `full`
ask for.
"""
