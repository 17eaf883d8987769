"""A study as a yardstick: its data sets made anew, its published figures, classical models beside ours."""
