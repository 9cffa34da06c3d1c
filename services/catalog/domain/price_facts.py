"""What a new price must keep to, and how a price list becomes another one (domain.md §2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from services.catalog.domain.errors import InvalidPrice
from shared.errors import FieldError
from shared.money import round_unit_price
from shared.prices import Scope

_HUNDRED: Final = Decimal(100)


def check_fact(given: Mapping[str, Any]) -> Scope:
    """Return the scope of a new fact. Raises InvalidPrice: exactly one of price and discount, at most one scope."""
    errors = []
    if (given.get("price") is None) == (given.get("discount_percent") is None):
        errors.append(FieldError("/price", "price_or_discount", "Give a price or a discount, and not both."))
    named = [name for name in ("price_group", "customer_id", "site_id") if given.get(name)]
    if len(named) > 1:
        errors.append(FieldError(f"/{named[1]}", "one_scope", "A price is for a group, a customer or a site."))
    if given.get("discount_percent") is not None and not named:
        errors.append(FieldError("/discount_percent", "no_scope", "A discount needs a group, a customer or a site."))
    if errors:
        raise InvalidPrice(errors=errors)
    return Scope(*(given.get(name) or None for name in ("price_group", "customer_id", "site_id")))


def adjusted(price: Decimal, percent: Decimal, step: Decimal) -> Decimal:
    """Return a price changed by `percent` and rounded to a multiple of `step`, half away from zero.

    step  e.g. 0.05 for whole five cents; 0.0001 is the finest
    """
    changed = round_unit_price(price * (_HUNDRED + percent) / _HUNDRED)
    multiples = (changed / step).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    return round_unit_price(multiples * step)
