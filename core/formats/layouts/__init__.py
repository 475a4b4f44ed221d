"""One module a file layout: what each program writes, read into records and written from Labels."""
