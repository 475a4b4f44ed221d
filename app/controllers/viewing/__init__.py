"""What is looked at: playing, heatmaps and neighbours, a second opinion. Nothing here changes a label."""
