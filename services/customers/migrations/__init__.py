"""Numbered database migrations of the customers service."""
