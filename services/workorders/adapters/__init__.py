"""The outside world of the workorders service."""
