"""Fixtures that every test may use: databases, broker names, clean-up (see `shared.testing`)."""

pytest_plugins = ["shared.testing.fixtures"]
