"""Tables and named queries of the customers service."""
