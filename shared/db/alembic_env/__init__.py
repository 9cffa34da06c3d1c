"""Alembic's environment, the same for every service."""
