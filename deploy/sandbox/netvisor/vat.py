"""Which percentages a VAT code may carry. Source: netvisor sheet 10.4; 13.5 and 25.5 are today's Finnish rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal


def _percents(*texts: str) -> frozenset[Decimal]:
    return frozenset(Decimal(text) for text in texts)


_ZERO = _percents("0")
_DOMESTIC = _percents("0", "10", "13.5", "14", "24", "25.5")
_OLDER = _percents("8", "9", "12", "13", "17", "22", "23")
_OLDER_UNTIL = date(2012, 12, 31)

# Codes that are not here (purchases and others) are not checked: no public source lists their percentages.
_ALLOWED = {
    "none": _ZERO,
    "komy": _DOMESTIC,
    "komy0": _ZERO,
    "eumy": _ZERO,
    "euum": _ZERO,
    "eupm309": _ZERO,
    "eupm312": _ZERO,
    "muul": _DOMESTIC,
    "ramy": _ZERO,
    "100": _ZERO,
    "euuo": _ZERO,
}


def is_allowed(code: str, percent: Decimal, on: date) -> bool:
    """Whether a sale on that day may carry the code (lower case) with the percentage."""
    allowed = _ALLOWED.get(code)
    if allowed is None or percent in allowed:
        return True
    return allowed is _DOMESTIC and on <= _OLDER_UNTIL and percent in _OLDER
