"""The outside world of the customers service."""
