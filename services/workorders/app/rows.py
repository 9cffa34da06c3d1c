"""Making rows: what one takes from its product, its place, and its stamp."""

from __future__ import annotations

from datetime import date, datetime

from services.workorders.app.loading import LoadedOrder
from services.workorders.domain.pricing import Stamp
from services.workorders.domain.values import Chargeability
from services.workorders.models import CopyProduct, WorkRow


def next_position(loaded: LoadedOrder) -> int:
    """Return the position of the next row of an order."""
    return max((row.position for row in loaded.rows), default=-1) + 1


def new_row(loaded: LoadedOrder, product: CopyProduct, *, row_id: str, work_date: date, now: datetime) -> WorkRow:
    """Return a row with what it takes from its product, not yet added to the order, without quantity and price."""
    return WorkRow(
        id=row_id,
        order_id=loaded.order.id,
        planned=False,
        product_id=product.id,
        product_code=product.code or "",
        product_kind=product.kind or "",
        product_name=product.name or "",
        unit=product.unit or "",
        construction_service=product.construction_service,
        description=product.name or "",
        work_date=work_date,
        chargeability=Chargeability.CHARGE.value,
        is_set=False,
        charged_by_hand=False,
        recorded_at=now,
    )


def apply_stamp(row: WorkRow, stamped: Stamp) -> None:
    """Write price and VAT onto a row."""
    row.unit_price = stamped.unit_price
    row.price_source = stamped.price_source.value if stamped.price_source else None
    row.price_reason = stamped.price_reason
    row.price_explanation = stamped.price_explanation
    row.discount_percent = stamped.discount_percent
    row.vat_class = stamped.vat_class.value
    row.vat_rate_percent = stamped.vat_rate_percent
