"""`python -m services.billing {api|worker|relay|consume|jobs|migrate|replay|check|rotate-secrets}`."""

import os
import sys

from services.billing.bootstrap import SERVICE
from services.billing.commands import rotate
from shared.config import BadConfiguration
from shared.runtime import main

if __name__ == "__main__":
    if sys.argv[1:] == ["rotate-secrets"]:
        try:
            sys.exit(rotate(os.environ))
        except BadConfiguration as error:
            sys.stderr.write(f"urakka billing: {error}\n")
            sys.exit(2)
    main(SERVICE)
