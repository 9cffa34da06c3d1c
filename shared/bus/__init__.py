"""Reliable events between services."""
