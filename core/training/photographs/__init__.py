"""People in single pictures, as files hold them."""
