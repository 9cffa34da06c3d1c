"""Decimal helpers of both simulators: parsing, rounding half away from zero, writing."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,12})?")
ZERO = Decimal(0)


def parse_decimal(text: str) -> Decimal | None:
    """A decimal written with comma or dot; None if the text is not one (exponents and blanks included)."""
    cleaned = text.strip()
    if not _DECIMAL.fullmatch(cleaned):
        return None
    return Decimal(cleaned.replace(",", "."))


def round_to(value: Decimal, places: int = 2) -> Decimal:
    """Round half away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def with_comma(value: Decimal, places: int) -> str:
    """The value rounded to `places` and written with a decimal comma."""
    return f"{round_to(value, places):f}".replace(".", ",")


def plain(value: Decimal) -> str:
    """The value without needless zeros and without exponent: 25.50 is "25.5", 10 is "10"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(value: Decimal) -> int:
    """How many decimals are needed to write the value."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
