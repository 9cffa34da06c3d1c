"""How a service is run: `python -m services.X api|worker|relay|consume|jobs|migrate|replay|check`."""

from shared.runtime.main import main

__all__ = ["main"]
