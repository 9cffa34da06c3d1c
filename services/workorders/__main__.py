"""`python -m services.workorders {api|worker|relay|consume|jobs|migrate|replay|check}`."""

from services.workorders.bootstrap import SERVICE
from shared.runtime import main

if __name__ == "__main__":
    main(SERVICE)
