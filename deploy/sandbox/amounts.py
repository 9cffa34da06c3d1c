"""Amounts of both simulators: parsing, rounding half away from zero, writing, net with VAT."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,12})?")
ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class Sums:
    """Net, VAT and gross, two decimals each; gross = net + VAT."""

    net: Decimal
    vat: Decimal
    gross: Decimal


def with_vat(worth: Decimal, vat_percent: Decimal, *, includes_vat: bool) -> Sums:
    """The sums of an amount in cents that includes VAT or not; the VAT is rounded to the cent."""
    if includes_vat:
        vat = round_to(worth * vat_percent / (HUNDRED + vat_percent))
        return Sums(worth - vat, vat, worth)
    vat = round_to(worth * vat_percent / HUNDRED)
    return Sums(worth, vat, worth + vat)


def total(parts: Sequence[Sums]) -> Sums:
    """The parts, added up."""
    start = Decimal("0.00")
    return Sums(
        sum((part.net for part in parts), start),
        sum((part.vat for part in parts), start),
        sum((part.gross for part in parts), start),
    )


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
