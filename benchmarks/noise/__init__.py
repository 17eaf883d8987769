"""Where noise-awareness pays: tasks, the trainings of one cell, the figures of the map, and its picture."""
