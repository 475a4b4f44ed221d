"""What compiled libraries read of strangers' files, as JSON values: run in a child, see `core.files.in_child`."""
