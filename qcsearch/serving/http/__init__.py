"""Between the socket and the routes: deadlines, counted bodies, signals."""
