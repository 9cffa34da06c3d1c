"""HTTP endpoints of billing."""
