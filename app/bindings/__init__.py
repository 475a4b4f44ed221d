"""What binds controllers to widgets: a binding shows what its controller says and hands on what the hand did."""
