"""What a stage trains on and is measured by."""
