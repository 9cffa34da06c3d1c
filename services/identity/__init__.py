"""Identity: who may do what."""
