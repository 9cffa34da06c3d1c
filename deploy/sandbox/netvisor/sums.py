"""How the simulated Netvisor computes a sales invoice. Source: netvisor sheet 10.3.

Each line is rounded to two decimals half away from zero (the mode for halves is not public), totals are plain
sums of lines. Line sums given by the client are used only when both the VAT sum and the sum are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..amounts import round_to

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineSums:
    """Net, VAT and gross of one line, two decimals each; gross = net + VAT."""

    net: Decimal
    vat: Decimal
    gross: Decimal


def line_sums(
    *,
    quantity: Decimal,
    unit_price: Decimal,
    price_is_gross: bool,
    discount_percent: Decimal,
    vat_percent: Decimal,
    given_vat: Decimal | None = None,
    given_gross: Decimal | None = None,
) -> LineSums:
    """The sums of one line; `given_*` are the client's own figures (…linevatsum, …linesum), the latter gross."""
    if given_vat is not None and given_gross is not None:
        vat, gross = round_to(given_vat), round_to(given_gross)
        return LineSums(gross - vat, vat, gross)
    worth = round_to(quantity * unit_price * (HUNDRED - discount_percent) / HUNDRED)
    if price_is_gross:
        vat = round_to(worth * vat_percent / (HUNDRED + vat_percent))
        return LineSums(worth - vat, vat, worth)
    vat = round_to(worth * vat_percent / HUNDRED)
    return LineSums(worth, vat, worth + vat)


def total(lines: Sequence[LineSums]) -> LineSums:
    """Plain sums of the lines."""
    start = Decimal("0.00")
    return LineSums(
        sum((line.net for line in lines), start),
        sum((line.vat for line in lines), start),
        sum((line.gross for line in lines), start),
    )
