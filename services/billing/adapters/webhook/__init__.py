"""Signed JSON to an address of the firm's own choice."""
