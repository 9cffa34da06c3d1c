"""Events in and out of the catalog service."""
