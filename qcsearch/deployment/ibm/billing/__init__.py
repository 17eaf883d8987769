"""What jobs and sessions cost."""
