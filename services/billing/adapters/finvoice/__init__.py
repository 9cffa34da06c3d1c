"""Finvoice 3.0."""
