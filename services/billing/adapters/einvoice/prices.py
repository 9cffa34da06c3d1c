"""Unit prices of an e-invoice: quantity × price must be the line's net to the cent.

For businesses the document's own price does that. A consumer's line begins with its total with VAT, so its net may be
a cent off; the price in the file is then the net divided by the quantity, in as many decimals as make it exact.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from services.billing.domain.document import DocumentLine
from shared.money import round_amount

_BASES: Final = (1, 1_000, 1_000_000)
"""Prices for so many units: the longer the quantity, the more a rounded price would be off."""
_STEPS: Final = (Decimal("0.0001"), Decimal("0.00001"))
"""Finvoice takes five decimals."""


@dataclass(frozen=True, slots=True)
class Price:
    """Prices without VAT of `base` units, before and after the discount."""

    unit: Decimal
    net: Decimal
    base: int = 1


def price_of(line: DocumentLine, prices_include_vat: bool) -> Price:
    """The prices that stand in the file; those of the document wherever they give its net."""
    discounted = line.unit_price * (100 - line.discount_percent) / 100
    if not prices_include_vat or _net(line.quantity, discounted, 1) == line.net:
        return Price(line.unit_price, discounted)
    net, base = _exact(line)
    if line.discount_percent:
        return Price(line.unit_price * base, net, base)
    return Price(net, net, base)


def _exact(line: DocumentLine) -> tuple[Decimal, int]:
    for base in _BASES:
        for step in _STEPS:
            price = (line.net * base / line.quantity).quantize(step, ROUND_HALF_UP)
            if _net(line.quantity, price, base) == line.net:
                return price, base
    raise ArithmeticError(f"no price of line {line.position} gives its net")


def _net(quantity: Decimal, price: Decimal, base: int) -> Decimal:
    return round_amount(quantity * price / base)
