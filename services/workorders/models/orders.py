"""Work orders, their rows and their history."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from services.workorders.domain.lifecycle import RowFacts, State
from services.workorders.domain.rows import TAKEN_OFF, Measure, measure_of
from services.workorders.domain.values import Chargeability
from services.workorders.models.base import Base
from shared.db import Audited, Json, Quantity, Rate, TenantScoped, UnitPrice, UtcDateTime, Versioned
from shared.db.mixins import ID
from shared.ids import new_id
from shared.money import QUANTITY_STEP, UNIT_PRICE_STEP, line_net

ACTOR = String(80)
REASON = String(1000)

_STEPS = {
    "quantity": QUANTITY_STEP,
    "worked_quantity": QUANTITY_STEP,
    "unit_price": UNIT_PRICE_STEP,
    "discount_percent": Decimal("0.01"),
    "vat_rate_percent": Decimal("0.01"),
}


class WorkOrder(Base, TenantScoped, Versioned, Audited):
    """The job: for whom, where, what, by whom, and where it stands (domain.md 2.7).

    customer_id            None while the customer is provisional: then provisional_name says who it is
    customer_before_merge  whom it was for, if the order followed a merge that may still be undone
    references             name → text, only those given
    billing_round          0 before the first approval, +1 at each approval
    end_reason             why it was cancelled or closed without billing
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "external_source", "external_reference"),
        Index("ix_work_orders_tenant_id_state", "tenant_id", "state", "id"),
        Index("ix_work_orders_tenant_id_customer_id", "tenant_id", "customer_id"),
        Index("ix_work_orders_tenant_id_customer_before_merge", "tenant_id", "customer_before_merge"),
        Index("ix_work_orders_tenant_id_site_id", "tenant_id", "site_id"),
        Index("ix_work_orders_tenant_id_work_package_id", "tenant_id", "work_package_id"),
        Index("ix_work_orders_tenant_id_assigned_to", "tenant_id", "assigned_to"),
    )

    __audit_hidden__ = ("provisional_phone",)

    number: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(20))
    priority: Mapped[str] = mapped_column(String(10))
    external_source: Mapped[str | None] = mapped_column(String(60))
    external_reference: Mapped[str | None] = mapped_column(String(120))
    customer_id: Mapped[str | None] = mapped_column(ID)
    customer_before_merge: Mapped[str | None] = mapped_column(ID)
    provisional_name: Mapped[str | None] = mapped_column(String(200))
    provisional_phone: Mapped[str | None] = mapped_column(String(40))
    site_id: Mapped[str | None] = mapped_column(ID)
    work_package_id: Mapped[str | None] = mapped_column(ID)
    wanted_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wanted_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assigned_to: Mapped[str | None] = mapped_column(ACTOR)
    created_by: Mapped[str] = mapped_column(ACTOR)
    description: Mapped[str] = mapped_column(Text, default="")
    references: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[str | None] = mapped_column(ACTOR)
    signed_by: Mapped[str | None] = mapped_column(String(200))
    review_comment: Mapped[str | None] = mapped_column(REASON)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(ACTOR)
    billing_round: Mapped[int] = mapped_column(default=0)
    end_reason: Mapped[str | None] = mapped_column(REASON)

    @property
    def stands(self) -> State:
        """The state as the lifecycle knows it."""
        return State(self.state)


class WorkRow(Base, TenantScoped, Audited):
    """One planned or recorded row. What it took from the product stays as it was when it was recorded.

    planned          a row of the plan: quantity only, never charged
    planned_row_id   the row of the plan that this one carries out, if any
    worked_quantity  what was recorded; None: nobody recorded it (planned, derived by a rule, part of a set)
    quantity         what is charged, in `unit`, 3 decimals, may be negative
    unit_price       of one unit without VAT and before the discount; None: no price is known
    price_explanation  how the price came about, see `app/prices.py`
    is_set           recorded as a set: its components are charged in its place
    set_row_id, set_code  the row and product code of the set that this one is a part of
    derived_by       the charging rule that made this row
    derived_from     ids of the recorded rows that it made it of
    included_by      the charging rule by which the row is included in a contract
    charged_by_hand  somebody decided what is charged: rules leave the row alone, and do not bring it back
    worked_by        who did the work, which may be another than who recorded it; None: not known
    marks            what charging rules may ask for, e.g. `overtime_50`
    charging         what rules did to the row, see `app/charging.py`
    content_hash     of what the client sent, so that a repetition is recognised
    document_*       the accepted document that bills it
    """

    __tablename__ = "work_rows"
    __table_args__ = (
        Index("ix_work_rows_order_id", "order_id", "position"),
        Index("ix_work_rows_tenant_id_worked_by_work_date", "tenant_id", "worked_by", "work_date"),
    )
    __audit_left_out__ = ("price_explanation", "derived_from", "charging")

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    order_id: Mapped[str] = mapped_column(ID, ForeignKey("work_orders.id"))
    position: Mapped[int]
    planned: Mapped[bool] = mapped_column(default=False)
    planned_row_id: Mapped[str | None] = mapped_column(ID)
    product_id: Mapped[str] = mapped_column(ID)
    product_code: Mapped[str] = mapped_column(String(100))
    product_kind: Mapped[str] = mapped_column(String(20))
    product_name: Mapped[str] = mapped_column(String(300))
    unit: Mapped[str] = mapped_column(String(20))
    construction_service: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str] = mapped_column(String(1000), default="")
    worked_quantity: Mapped[Decimal | None] = mapped_column(Quantity())
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    work_date: Mapped[date]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unit_price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    price_source: Mapped[str | None] = mapped_column(String(20))
    price_reason: Mapped[str | None] = mapped_column(REASON)
    price_explanation: Mapped[dict[str, Any] | None] = mapped_column(Json)
    discount_percent: Mapped[Decimal] = mapped_column(Rate(), default=Decimal(0))
    vat_class: Mapped[str] = mapped_column(String(20))
    vat_rate_percent: Mapped[Decimal] = mapped_column(Rate())
    chargeability: Mapped[str] = mapped_column(String(20), default=Chargeability.CHARGE.value)
    chargeability_reason: Mapped[str | None] = mapped_column(REASON)
    is_set: Mapped[bool] = mapped_column(default=False)
    set_row_id: Mapped[str | None] = mapped_column(ID)
    set_code: Mapped[str | None] = mapped_column(String(100))
    derived_by: Mapped[str | None] = mapped_column(ID)
    derived_from: Mapped[list[str] | None] = mapped_column(Json)
    included_by: Mapped[str | None] = mapped_column(ID)
    charged_by_hand: Mapped[bool] = mapped_column(default=False)
    marks: Mapped[list[str] | None] = mapped_column(Json)
    worked_by: Mapped[str | None] = mapped_column(ACTOR)
    charging: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    recorded_by: Mapped[str] = mapped_column(ACTOR)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str | None] = mapped_column(REASON)
    document_id: Mapped[str | None] = mapped_column(ID)
    document_target: Mapped[str | None] = mapped_column(String(40))
    document_target_id: Mapped[str | None] = mapped_column(String(200))
    transferred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_hash: Mapped[str] = mapped_column(String(64))

    @validates(*_STEPS)
    def _take_exact(self, name: str, value: Decimal | None) -> Decimal | None:
        """Hold decimals with the column's scale from the start: an answer is the same before and after storing."""
        return None if value is None else value.quantize(_STEPS[name])

    @property
    def is_charged(self) -> bool:
        """Say whether billing makes a line of it: recorded, chargeable, no set and not closed."""
        return not self.planned and self.closed_reason is None and self.is_chargeable

    @property
    def is_chargeable(self) -> bool:
        """Say whether it is to be charged unless it is closed; a set is charged through its components."""
        return self.chargeability == Chargeability.CHARGE and not self.is_set

    @property
    def by_person(self) -> bool:
        """Say whether somebody recorded it, and not a rule or the expansion of a set."""
        return self.derived_by is None and self.set_row_id is None

    @property
    def is_taken_off(self) -> bool:
        """Say whether it was removed, and is only kept because billing knows it, or a rule would make it again."""
        return self.closed_reason in TAKEN_OFF

    @property
    def measure(self) -> Measure | None:
        """What it adds to the sums of its unit."""
        charged, derived = self.is_charged, self.derived_by is not None
        return measure_of(self.unit, self.worked_quantity, self.quantity, charged=charged, derived=derived)

    @property
    def is_transferred(self) -> bool:
        """Say whether an accepted document holds it."""
        return self.document_id is not None

    @property
    def net(self) -> Decimal | None:
        """Quantity × price less discount, in cents; None without a price."""
        if self.unit_price is None:
            return None
        return line_net(self.quantity, self.unit_price, self.discount_percent)

    def facts(self) -> RowFacts:
        """Return what the guards of the lifecycle need of this row."""
        return RowFacts(
            charged=self.is_chargeable,
            priced=self.unit_price is not None,
            normally_charged=bool(self.unit_price) and not self.is_set,
            has_reason=bool(self.chargeability_reason),
            closed=self.closed_reason is not None,
            transferred=self.is_transferred,
        )


class IncludedUse(Base, TenantScoped):
    """How many times an order uses a charging rule's "included in contract" (domain.md 2.6)."""

    __tablename__ = "included_uses"
    __table_args__ = (Index("ix_included_uses_order_id", "order_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    order_id: Mapped[str] = mapped_column(ID, ForeignKey("work_orders.id"))
    rule_id: Mapped[str] = mapped_column(ID)
    times: Mapped[int]


class HistoryEntry(Base, TenantScoped):
    """One step of an order: who, when, from which state to which, and what was said."""

    __tablename__ = "order_history"
    __table_args__ = (Index("ix_order_history_order_id", "order_id", "id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    order_id: Mapped[str] = mapped_column(ID, ForeignKey("work_orders.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(ACTOR)
    step: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str | None] = mapped_column(REASON)
