"""Tables of billing and their named queries."""
