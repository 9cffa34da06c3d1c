"""The outside world of the identity service."""
