"""`python -m services.catalog {api|worker|relay|consume|jobs|migrate|replay|check}`."""

from services.catalog.bootstrap import SERVICE
from shared.runtime import main

if __name__ == "__main__":
    main(SERVICE)
