"""What others are told about a work order: aggregate → event, as the catalogue says."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from services.workorders.app.loading import LoadedOrder
from services.workorders.models import WorkOrder, WorkRow
from shared.bus.envelope import NewEvent
from shared.clock import iso_utc

AGGREGATE = "workorder"


def approved_event(loaded: LoadedOrder) -> NewEvent:
    """Return `workorder.approved.v1` of a flushed, approved order: everything that billing needs.

    Rows that were closed are not in it; rows that are not charged are, so that the work is reported. A set is told as
    the rows that it became.
    """
    order, site = loaded.order, loaded.site
    assert order.approved_at is not None
    external = None
    if order.external_source is not None:
        external = {"source": order.external_source, "reference": order.external_reference}
    data = {
        "id": order.id,
        "number": order.number,
        "external": external,
        "customer_id": order.customer_id,
        "site_id": order.site_id,
        "site_name": site.name if site else None,
        "site_address": site.address if site else None,
        "type": order.type,
        "description": order.description,
        "references": dict(order.references),
        "approved_at": iso_utc(order.approved_at),
        "approved_by": order.approved_by,
        "billing_round": order.billing_round,
        "rows": [_row(row) for row in loaded.recorded if row.closed_reason is None and not row.is_set],
    }
    return _event("approved", order, data)


def reopened_event(order: WorkOrder, reason: str) -> NewEvent:
    """Return `workorder.reopened.v1` of a flushed order; the round is the one that is taken back."""
    data = {"id": order.id, "number": order.number, "reason": reason, "billing_round": order.billing_round}
    return _event("reopened", order, data)


def billed_event(order: WorkOrder, rows: Sequence[WorkRow]) -> NewEvent:
    """Return `workorder.billed.v1` of a flushed order with the documents that hold its rows, each once."""
    documents = {
        row.document_id: {
            "document_id": row.document_id,
            "target": row.document_target,
            "target_id": row.document_target_id,
        }
        for row in rows
        if row.is_transferred
    }
    data = {"id": order.id, "number": order.number, "documents": list(documents.values())}
    return _event("billed", order, data)


def _event(fact: str, order: WorkOrder, data: dict[str, Any]) -> NewEvent:
    return NewEvent(
        type=f"{AGGREGATE}.{fact}.v1",
        aggregate_type=AGGREGATE,
        aggregate_id=order.id,
        aggregate_version=order.version,
        data=data,
    )


def _row(row: WorkRow) -> dict[str, Any]:
    optional = {
        "worked_quantity": None if row.worked_quantity is None else f"{row.worked_quantity:f}",
        "derived_by": row.derived_by,
    }
    return {
        **{name: value for name, value in optional.items() if value is not None},
        "id": row.id,
        "product_id": row.product_id,
        "product_code": row.product_code,
        "product_kind": row.product_kind,
        "description": row.description,
        "quantity": f"{row.quantity:f}",
        "unit": row.unit,
        "work_date": row.work_date.isoformat(),
        "unit_price": f"{row.unit_price or Decimal(0):f}",
        "discount_percent": f"{row.discount_percent:f}",
        "vat_class": row.vat_class,
        "vat_rate_percent": f"{row.vat_rate_percent:f}",
        "chargeability": row.chargeability,
        "chargeability_reason": row.chargeability_reason,
        "construction_service": row.construction_service,
    }
