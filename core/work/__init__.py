"""What window and command line do with a project alike: opening, finding, following, predicting, overlays. No Qt."""
