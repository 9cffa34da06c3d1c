"""How the simulated Netvisor computes a sales invoice. Source: netvisor sheet 10.3.

Each line is rounded to two decimals half away from zero (the mode for halves is not public), totals are plain
sums of lines. Line sums given by the client are used only when both the VAT sum and the sum are there.
"""

from __future__ import annotations

from decimal import Decimal

from ..amounts import HUNDRED, Sums, round_to, with_vat


def line_sums(
    *,
    quantity: Decimal,
    unit_price: Decimal,
    price_is_gross: bool,
    discount_percent: Decimal,
    vat_percent: Decimal,
    given_vat: Decimal | None = None,
    given_gross: Decimal | None = None,
) -> Sums:
    """The sums of one line; `given_*` are the client's own figures (…linevatsum, …linesum), the latter gross."""
    if given_vat is not None and given_gross is not None:
        vat, gross = round_to(given_vat), round_to(given_gross)
        return Sums(gross - vat, vat, gross)
    worth = round_to(quantity * unit_price * (HUNDRED - discount_percent) / HUNDRED)
    return with_vat(worth, vat_percent, includes_vat=price_is_gross)
