"""From frames and boxes to keypoints, and what the network saw on the way."""
