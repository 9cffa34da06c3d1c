"""Events in and out of the workorders service."""
