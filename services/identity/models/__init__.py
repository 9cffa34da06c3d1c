"""Tables and named queries of the identity service."""
