"""HTTP API of the workorders service."""
