"""Events in and out of billing."""
