"""What a benchmark writes down: under which circumstances, the runs one by one, the table in the README."""
