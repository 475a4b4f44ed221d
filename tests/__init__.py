"""The tests: a package by name, since a library brings another that is called so."""
