"""List prices as dated facts: each product has at most one on each day (domain.md §2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.periods import ONE_DAY, Period


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What one unit costs without VAT in a period; up to 4 decimals."""

    price: Decimal
    period: Period


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What has to be done so that another price holds from a day on.

    close  id of a price and its new last day
    amend  id of a price that began on that very day and gets the new amount; with `remove` it goes away instead
    add    first and last day of a new price
    """

    close: tuple[str, date] | None = None
    amend: str | None = None
    remove: str | None = None
    add: tuple[date, date | None] | None = None


def price_on(prices: Iterable[ListPrice], day: date) -> ListPrice | None:
    """Return the price that holds on `day`."""
    return next((price for price in prices if price.period.covers(day)), None)


def change_from(prices: Sequence[ListPrice], day: date, new: Decimal | None) -> PriceChange:
    """Say how `new` (None: no list price) comes to hold from `day` up to the next price that is already known.

    A price that began on `day` itself is amended: within a day the last word counts, and no fact of an earlier day is
    touched.
    """
    current = price_on(prices, day)
    if (current.price if current else None) == new:
        return PriceChange()
    later = min((price.period.first for price in prices if price.period.first > day), default=None)
    last = current.period.last if current else (later - ONE_DAY if later else None)
    if current is not None and current.period.first == day:
        identifier = current.period.id
        return PriceChange(remove=identifier) if new is None else PriceChange(amend=identifier)
    close = (current.period.id, day - ONE_DAY) if current is not None else None
    return PriceChange(close=close, add=None if new is None else (day, last))


def price_text(price: Decimal) -> str:
    """Write a unit price with 2 to 4 decimals, none of them idle: 855.44, 103.2993, 12.50."""
    text = format(price, "f")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
