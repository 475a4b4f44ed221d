"""What a hand holds on the canvas beyond joints: magnifier, handles of a person, boxes by keys, ignore regions."""
