"""Billing's ways out: accounting systems."""
