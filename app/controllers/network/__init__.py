"""What the network does: predicting, finding people, fine-tuning, and which weights are in use."""
