"""`python -m services.billing {api|worker|relay|consume|jobs|migrate|replay|check|rotate-secrets}`."""

from services.billing.bootstrap import SERVICE
from shared.runtime import main

if __name__ == "__main__":
    main(SERVICE)
