"""Orders and rows as answers show them: prices only for who may see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.workorders.app.charging import charging_totals
from services.workorders.app.charging_facts import worked_of
from services.workorders.app.loading import LoadedOrder
from services.workorders.app.repricing import ChargeChange, Repricing, net_of
from services.workorders.app.visibility import Sight
from services.workorders.domain.lifecycle import BEFORE_APPROVAL, OrderFacts, State, billing_progress
from services.workorders.domain.rows import QuantityOf, compare_with_plan
from services.workorders.domain.values import Chargeability, OrderType, Origin, PriceSource, Priority
from services.workorders.models import ReviewSettings, WorkOrder, WorkRow

CURRENCY = "EUR"
WOULD_REPRICE = "Rows keep their prices. Re-pricing the order would change some of them."

_SHOWN = (
    "id",
    "number",
    "version",
    "customer_id",
    "site_id",
    "work_package_id",
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
    "worked_quantity",
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
_ROW_CHARGING = ("set_row_id", "set_code", "derived_by", "charged_by_hand")
_CHARGED_ROW = (
    "id",
    "product_code",
    "description",
    "unit",
    "worked_quantity",
    "quantity",
    "unit_price",
    "price_explanation",
    "net",
    "is_set",
    "set_row_id",
    "derived_by",
    "charged_by_hand",
    "closed_reason",
)
_PRICE_CHANGE = (
    "row_id",
    "product_code",
    "description",
    "unit_price_before",
    "unit_price_after",
    "price_source_before",
    "price_source_after",
    "price_explanation",
)
_ROW_PRICES = ("unit_price", "price_reason", "price_explanation", "discount_percent", "net")


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


def order_view(loaded: LoadedOrder, sight: Sight, *, now: datetime) -> dict[str, Any]:
    """Return the order with its rows, as far as the caller may see them."""
    facts = OrderFacts(rows=tuple(row.facts() for row in loaded.recorded))
    quantities = [
        QuantityOf(row.product_id, row.unit, row.quantity if row.planned else worked_of(row), row.planned)
        for row in loaded.rows
        if row.closed_reason is None and row.by_person
    ]
    shown = [row for row in loaded.recorded if sight.charging or row.by_person]
    view = {
        **summary_view(loaded, now=now),
        **{name: getattr(loaded.order, name) for name in _SHOWN_IN_FULL},
        "billing": billing_progress(facts),
        "rows": [row_view(row, sight) for row in shown],
        "planned_rows": [row_view(row, sight) for row in loaded.planned],
        "totals": totals_view(loaded, sight),
        "plan_comparison": compare_with_plan(quantities),
        "currency": CURRENCY,
    }
    if sight.prices:
        view["net"] = net_of(loaded)
    if loaded.would_reprice:
        view["warnings"] = [
            {"code": "prices.would_change", "detail": WOULD_REPRICE, "row_ids": list(loaded.would_reprice)}
        ]
    return view


def totals_view(loaded: LoadedOrder, sight: Sight) -> list[dict[str, Any]]:
    """Return what was worked in each unit, and beside it what is charged, if the caller may see that."""
    totals = charging_totals(loaded.recorded)
    if sight.charging:
        return [{"unit": one.unit, "worked": one.worked, "charged": one.charged} for one in totals]
    return [{"unit": one.unit, "worked": one.worked} for one in totals if one.worked]


def row_view(row: WorkRow, sight: Sight) -> dict[str, Any]:
    """Return one row; without the sight of prices nothing in it tells what it costs."""
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
        "marks": row.marks or [],
        "is_set": row.is_set,
        "is_billed": row.is_transferred,
        "document": document,
    }
    if sight.charging:
        view |= {name: getattr(row, name) for name in _ROW_CHARGING}
    elif not row.planned:
        view["quantity"] = worked_of(row)
    if row.included_by is not None and not sight.prices:
        view["chargeability_reason"] = None
    if row.derived_by is not None and not sight.prices:
        view["description"] = row.product_name
    if sight.prices:
        view |= {name: getattr(row, name) for name in _ROW_PRICES}
        view["price_source"] = PriceSource(row.price_source) if row.price_source else None
    return view


def charging_view(loaded: LoadedOrder) -> dict[str, Any]:
    """Return what is charged for each recorded row, and why; for who sees prices."""
    rows = [
        {
            **{name: getattr(row, name) for name in _CHARGED_ROW},
            "chargeability": Chargeability(row.chargeability),
            "price_source": PriceSource(row.price_source) if row.price_source else None,
            "derived_from": row.derived_from or [],
            "steps": row.charging or [],
        }
        for row in loaded.recorded
    ]
    totals = charging_totals(loaded.recorded)
    return {
        "version": loaded.version,
        "totals": totals,
        "net": net_of(loaded),
        "rows": rows,
        "would_reprice": list(loaded.would_reprice),
    }


def repricing_view(repricing: Repricing, sight: Sight) -> dict[str, Any]:
    """Return what re-pricing changes; prices only for who may see them."""
    named = _PRICE_CHANGE if sight.prices else _PRICE_CHANGE[:3]
    view: dict[str, Any] = {
        "version": repricing.version,
        "dry_run": repricing.dry_run,
        "changes": [{name: getattr(change, name) for name in named} for change in repricing.changes],
    }
    if sight.prices:
        view |= {"net_before": repricing.net_before, "net_after": repricing.net_after}
        view["charges"] = [_charge_change_view(change) for change in repricing.charges]
    return view


def _charge_change_view(change: ChargeChange) -> dict[str, Any]:
    row = change.row
    return {
        **{name: getattr(row, name) for name in ("product_code", "description", "unit", "derived_by", "set_row_id")},
        "row_id": row.id,
        "before": change.before,
        "after": change.after,
        "steps": row.charging or [],
    }


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
