"""Builders for the tests of charging."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.charging import OrderFacts, RecordedRow
from shared.clock import HELSINKI

ORDER_ID = "0190a000-0000-7000-8000-000000000900"
ORDER = OrderFacts(ORDER_ID, customer_id="customer", price_group="gold", site_path=("room", "house", "area"))
TUESDAY = date(2026, 11, 17)


def at(clock: str, day: date = TUESDAY) -> datetime:
    """A clock time in Finland."""
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), HELSINKI)


def recorded(row_id: str, product: str, quantity: str, price: str | None = "45", **more: Any) -> RecordedRow:
    """An hour row of Tuesday by worker w1, unless said otherwise."""
    given: dict[str, Any] = {"product_kind": "labour", "unit": "h", "work_date": TUESDAY, "worker": "w1", **more}
    return RecordedRow(
        row_id, product, quantity=Decimal(quantity), unit_price=None if price is None else Decimal(price), **given
    )


def worked(row_id: str, product: str, start: str, minutes: int, price: str | None = "45", **more: Any) -> RecordedRow:
    """An hour row with clock times."""
    begun = at(start, more.get("work_date", TUESDAY))
    ended = datetime.fromtimestamp(begun.timestamp() + minutes * 60, HELSINKI)
    hours = str(round(Decimal(minutes) / 60, 3))
    return recorded(row_id, product, hours, price, started_at=begun, ended_at=ended, **more)


def material(row_id: str, product: str, quantity: str, price: str, **more: Any) -> RecordedRow:
    """A row of material."""
    return recorded(row_id, product, quantity, price, product_kind="material", unit="kpl", **more)


def next_day(day: date) -> date:
    """The day after."""
    return day + timedelta(days=1)
