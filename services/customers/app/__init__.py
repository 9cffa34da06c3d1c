"""Use cases: one function, one transaction, one verb of the customers service."""
