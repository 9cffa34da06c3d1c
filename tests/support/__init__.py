"""Helpers of the tests that run whole suites: databases, processes, the sandbox, clients that do not give up."""
