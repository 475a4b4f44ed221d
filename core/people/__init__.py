"""Who is where from frame to frame: boxes followed, linked and matched."""
