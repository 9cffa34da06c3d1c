"""Events in and out of the customers service."""
