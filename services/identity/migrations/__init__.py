"""Numbered database migrations of the identity service."""
