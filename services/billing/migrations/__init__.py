"""Numbered database migrations of the billing service."""
