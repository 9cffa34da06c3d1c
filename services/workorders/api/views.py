"""Orders and rows as answers show them: prices only for who may see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from services.workorders.app.loading import LoadedOrder
from services.workorders.domain.lifecycle import BEFORE_APPROVAL, OrderFacts, State, billing_progress
from services.workorders.domain.rows import QuantityOf, compare_with_plan
from services.workorders.domain.values import Chargeability, OrderType, Origin, PriceSource, Priority
from services.workorders.models import ReviewSettings, WorkOrder, WorkRow

CURRENCY = "EUR"

_SHOWN = (
    "id",
    "number",
    "version",
    "customer_id",
    "site_id",
    "wanted_from",
    "wanted_to",
    "assigned_to",
    "description",
    "created_at",
    "changed_at",
)
_SHOWN_IN_FULL = (
    "references",
    "created_by",
    "started_at",
    "done_at",
    "done_by",
    "signed_by",
    "review_comment",
    "approved_at",
    "approved_by",
    "billing_round",
    "end_reason",
)
_ROW_SHOWN = (
    "id",
    "planned_row_id",
    "product_id",
    "product_code",
    "product_kind",
    "product_name",
    "description",
    "quantity",
    "unit",
    "work_date",
    "started_at",
    "ended_at",
    "vat_class",
    "vat_rate_percent",
    "chargeability_reason",
    "construction_service",
    "recorded_by",
    "recorded_at",
    "closed_reason",
)
_ROW_PRICES = ("unit_price", "price_reason", "discount_percent", "net")


def summary_view(loaded: LoadedOrder, *, now: datetime) -> dict[str, Any]:
    """Return the order as a list shows it."""
    order = loaded.order
    external = provisional = None
    if order.external_source is not None:
        external = {"source": order.external_source, "reference": order.external_reference}
    if order.provisional_name is not None:
        provisional = {"name": order.provisional_name, "phone": order.provisional_phone}
    return {
        **{name: getattr(order, name) for name in _SHOWN},
        "origin": Origin(order.origin),
        "type": OrderType(order.type),
        "priority": Priority(order.priority),
        "state": order.stands,
        "external": external,
        "customer_name": loaded.customer.name if loaded.customer else None,
        "provisional_customer": provisional,
        "site_name": loaded.site.name if loaded.site else None,
        "is_late": _is_late(order, now),
    }


def order_view(loaded: LoadedOrder, *, prices: bool, now: datetime) -> dict[str, Any]:
    """Return the order with its rows; `prices` says whether the caller may see them."""
    facts = OrderFacts(rows=tuple(row.facts() for row in loaded.recorded))
    quantities = [
        QuantityOf(row.product_id, row.unit, row.quantity, row.planned)
        for row in loaded.rows
        if row.closed_reason is None
    ]
    view = {
        **summary_view(loaded, now=now),
        **{name: getattr(loaded.order, name) for name in _SHOWN_IN_FULL},
        "billing": billing_progress(facts),
        "rows": [row_view(row, prices=prices) for row in loaded.recorded],
        "planned_rows": [row_view(row, prices=prices) for row in loaded.planned],
        "plan_comparison": compare_with_plan(quantities),
        "currency": CURRENCY,
    }
    if prices:
        view["net"] = sum((row.net or Decimal(0) for row in loaded.recorded if row.is_charged), Decimal("0.00"))
    return view


def row_view(row: WorkRow, *, prices: bool) -> dict[str, Any]:
    """Return one row; without `prices` nothing in it tells what it costs."""
    document = None
    if row.is_transferred:
        document = {
            "document_id": row.document_id,
            "target": row.document_target,
            "target_id": row.document_target_id,
        }
    view = {
        **{name: getattr(row, name) for name in _ROW_SHOWN},
        "chargeability": Chargeability(row.chargeability),
        "is_billed": row.is_transferred,
        "document": document,
    }
    if prices:
        view |= {name: getattr(row, name) for name in _ROW_PRICES}
        view["price_source"] = PriceSource(row.price_source) if row.price_source else None
    return view


def settings_view(settings: ReviewSettings) -> dict[str, Any]:
    """Return the settings with every order type."""
    return {
        "modes": settings.all_modes,
        "customers_on_hold": settings.customers_on_hold,
        "version": settings.version,
    }


def _is_late(order: WorkOrder, now: datetime) -> bool:
    unfinished = order.stands in BEFORE_APPROVAL and order.stands not in (State.DONE, State.IN_REVIEW)
    return unfinished and order.wanted_to is not None and order.wanted_to < now
