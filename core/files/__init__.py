"""Files and folders, whatever is in them: where things lie, fetching, and what a command writes."""
