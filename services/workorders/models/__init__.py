"""Tables and named queries of the workorders service."""
