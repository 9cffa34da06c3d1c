"""Helpers for tests: throw-away databases, broker names, clocks, and polling with a deadline."""
