"""Events in and out of the identity service."""
