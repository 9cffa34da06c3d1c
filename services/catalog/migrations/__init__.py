"""Numbered database migrations of the catalog service."""
