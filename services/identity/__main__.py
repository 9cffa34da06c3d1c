"""Run as `python -m services.identity api|worker|relay|consume|jobs|migrate|replay|check|rotate-secrets`."""

from services.identity.bootstrap import SERVICE
from shared.runtime import main

main(SERVICE)
