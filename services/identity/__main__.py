"""`python -m services.identity {api|worker|relay|consume|jobs|migrate|check|rotate-secrets|rotate-signing-key}`."""

from services.identity.bootstrap import SERVICE
from services.identity.commands import rotate_signing_key
from shared.runtime import main

if __name__ == "__main__":
    main(SERVICE, rotate_signing_key)
