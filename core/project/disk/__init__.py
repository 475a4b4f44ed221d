"""The project file as a file: who may write it, whether it is still the one that was opened, whose log lies beside."""
