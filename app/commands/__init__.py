"""One module a command; each has `run(arguments, terminal) -> exit status`."""
