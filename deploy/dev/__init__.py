"""Real servers for the tests of a developer or of CI: found, started, or asked for.

Standard library only: `python -m deploy.dev` runs before the project's own requirements are
installed.
"""
