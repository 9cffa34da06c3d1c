"""How the simulated Procountor computes an invoice. Source: procountor sheet 5.7: no rule is public.

Ours: each row is rounded to two decimals half away from zero after the row's and the invoice's discount; VAT is
computed per rate on the sum of its rows ("rate") or on each row ("row"), which the company's settings choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..amounts import HUNDRED, Sums, round_to, total, with_vat


def row_sums(row: Mapping[str, Any], invoice_discount: Decimal, *, prices_include_vat: bool) -> Sums:
    """The sums of one row of the wire form (numbers as int or Decimal)."""
    discount = (HUNDRED - Decimal(row["discountPercent"])) / HUNDRED
    factor = discount * (HUNDRED - invoice_discount) / HUNDRED
    worth = round_to(Decimal(row["quantity"]) * Decimal(row["unitPrice"]) * factor)
    return with_vat(worth, Decimal(row["vatPercent"]), includes_vat=prices_include_vat)


def invoice_sums(
    rows: Sequence[Mapping[str, Any]], invoice_discount: Decimal, *, prices_include_vat: bool, rounding: str
) -> Sums:
    """The totals of an invoice; `rounding` is "rate" or "row"."""
    each = [row_sums(row, invoice_discount, prices_include_vat=prices_include_vat) for row in rows]
    if rounding == "row":
        return total(each)
    worth: dict[Decimal, Decimal] = {}
    for row, sums in zip(rows, each, strict=True):
        rate = Decimal(row["vatPercent"])
        worth[rate] = worth.get(rate, Decimal(0)) + (sums.gross if prices_include_vat else sums.net)
    return total([with_vat(part, rate, includes_vat=prices_include_vat) for rate, part in worth.items()])
