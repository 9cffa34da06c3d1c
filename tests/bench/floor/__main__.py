"""`python -m tests.bench.floor ROLE SETTINGS.json`: one process of the floor."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.floor import billing, orders
from tests.bench.floor.settings import read_settings

ROLES = {"api": orders.serve, "orders": orders.work, "billing": billing.work}

if __name__ == "__main__":
    ROLES[sys.argv[1]](read_settings(Path(sys.argv[2])))
