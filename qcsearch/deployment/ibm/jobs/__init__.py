"""One request, one paid job, one result that is kept."""
