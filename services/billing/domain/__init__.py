"""Rules of billing as pure functions and values: no clock, no session, no network."""
