"""Tables and named queries of the catalog service."""
