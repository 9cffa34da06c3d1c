"""Procountor: JSON over HTTPS with a bearer token."""
