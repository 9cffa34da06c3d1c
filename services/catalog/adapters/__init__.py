"""The outside world of the catalog service."""
