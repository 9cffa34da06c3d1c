"""`python -m services.customers {api|worker|relay|consume|jobs|migrate|replay|check|rotate-secrets}`."""

from services.customers.bootstrap import SERVICE
from shared.runtime import main

if __name__ == "__main__":
    main(SERVICE)
