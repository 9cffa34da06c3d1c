"""What all services use and that knows none of them."""
