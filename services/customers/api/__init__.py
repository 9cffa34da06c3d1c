"""HTTP API of the customers service."""
