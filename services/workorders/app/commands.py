"""What callers ask for, as plain values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal

from services.workorders.domain.values import Chargeability, OrderType, Priority

_LATER_FIELDS = ("marks", "charge_as_recorded")


@dataclass(frozen=True, slots=True)
class RowWish:
    """One row to be recorded or planned.

    id             the client's own, or None; the same id with the same content is a repetition
    quantity       in the product's unit, 3 decimals, negative for returned material
    work_date      None: the day of `started_at`, else today
    unit_price     typed by hand, without VAT; None takes what `shared.prices` resolves
    planned        a row of the plan, else recorded
    marks          what charging rules may ask for, e.g. `overtime_50`
    charge_as_recorded  no charging rule changes what is charged
    """

    product_id: str
    quantity: Decimal
    id: str | None = None
    description: str | None = None
    work_date: date | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    unit_price: Decimal | None = None
    price_reason: str | None = None
    discount_percent: Decimal = Decimal(0)
    chargeability: Chargeability = Chargeability.CHARGE
    chargeability_reason: str | None = None
    planned: bool = False
    planned_row_id: str | None = None
    marks: tuple[str, ...] = ()
    charge_as_recorded: bool = False

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of everything but the id.

        Fields that came with a later release count only where they are used: a row that was sent before an upgrade
        is recognised after it.
        """
        left_out = {"id", *(name for name in _LATER_FIELDS if not getattr(self, name))}
        content = {name: value for name, value in asdict(self).items() if name not in left_out}
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class OrderWish:
    """A work order to be made.

    customer_id        None if the site says it, or for a provisional customer (field orders only)
    references         name → text, see `domain.values.REFERENCES`
    rows               planned rows for planned and taken-in orders, recorded ones for field orders
    draft              not yet visible in the queue
    """

    customer_id: str | None = None
    provisional_name: str | None = None
    provisional_phone: str | None = None
    site_id: str | None = None
    work_package_id: str | None = None
    type: OrderType = OrderType.EXTRA
    priority: Priority = Priority.NORMAL
    wanted_from: datetime | None = None
    wanted_to: datetime | None = None
    assigned_to: str | None = None
    description: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[RowWish, ...] = ()
    draft: bool = False
    external_source: str | None = None
    external_reference: str | None = None
