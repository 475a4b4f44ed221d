"""The program: controllers, the command line, and the one place that builds the object graph."""
