"""The e-invoice operators that are known in Finland: data, in `einvoice_operators.csv` beside this file.

Codes change with mergers, so the list is never complete; a tenant adds what it lacks.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("einvoice_operators.csv")


@cache
def known_operators() -> Mapping[str, str]:
    """Return code (intermediator's id or bank's BIC) → name."""
    with _FILE.open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["name"] for row in csv.DictReader(stream)}
