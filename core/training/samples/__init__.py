"""What a network learns from: pixels, targets and weights of people, augmented and batched."""
