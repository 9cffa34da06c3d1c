"""Use cases of billing: one function, one transaction, one verb."""
