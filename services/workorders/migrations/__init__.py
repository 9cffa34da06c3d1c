"""Numbered database migrations of the workorders service."""
