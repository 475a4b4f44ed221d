"""What lies in the project file, table by table; each function works inside its caller's transaction."""
