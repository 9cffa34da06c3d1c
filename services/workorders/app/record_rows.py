"""Recording, changing and removing rows before approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.workorders.app.commands import RowWish
from services.workorders.app.copies import products_of
from services.workorders.app.loading import LoadedOrder, load_order
from services.workorders.app.recording import add_rows, apply_stamp, unseen
from services.workorders.app.visibility import is_office
from services.workorders.domain.errors import RowRefused, RowTransferred
from services.workorders.domain.pricing import PriceWish, stamp
from services.workorders.domain.rows import check_rows_open, implausible
from services.workorders.domain.values import PriceSource
from services.workorders.models import CopyProduct, WorkRow
from shared.clock import business_day
from shared.db import UnitOfWork, check_version
from shared.errors import FieldError, Forbidden, NotFound
from shared.ids import new_id
from shared.vat import VatClass

REMOVED = "removed after the order was reopened"


def record_rows(
    uow: UnitOfWork,
    order_id: str,
    wishes: Sequence[RowWish],
    *,
    key: str | None = None,
    expected: int | None = None,
    now: datetime,
) -> tuple[LoadedOrder, list[WorkRow]]:
    """Record rows on an order, all or none; return the order and the wished rows in their order.

    Rows that are there already, with the same content, are left as they are, in any state of the order: a phone may
    send its batch again and again.

    key  the Idempotency-Key, which gives rows without an id a stable one; None: such rows are always new
    Raises NotFound, VersionMismatch, OrderLocked, RowIdReused, ProductUnknown, RowRefused, TooManyRows.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True)
        named = [replace(wish, id=wish.id or _id_for(order_id, key, i)) for i, wish in enumerate(wishes)]
        fresh = unseen(loaded.rows, named)
        if fresh:
            check_version(loaded.order, expected)
            office = is_office(uow.context)
            for planned in {wish.planned for _, wish in fresh}:
                check_rows_open(loaded.order.stands, planned=planned, by_office=office)
            add_rows(uow, loaded, fresh, now=now)
            loaded.order.touch(now)
            uow.commit()
        by_id = {row.id: row for row in loaded.rows}
        return loaded, [by_id[wish.id] for wish in named if wish.id]


def _id_for(order_id: str, key: str | None, index: int) -> str:
    return new_id() if key is None else str(uuid5(UUID(order_id), f"{key}:{index}"))


def change_row(
    uow: UnitOfWork,
    order_id: str,
    row_id: str,
    changes: Mapping[str, Any],
    *,
    expected: int | None,
    now: datetime,
) -> LoadedOrder:
    """Change a row of an order that is not approved yet.

    changes  attribute of `WorkRow` → new value, of those that the API lets change. A new work date takes that day's
             VAT rate and leaves the price; a new price is typed by hand and needs its reason.
    Raises NotFound, VersionMismatch, OrderLocked, Forbidden, RowTransferred, RowRefused.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        row = _changeable_row(uow, loaded, row_id)
        product = products_of(uow, [("/product_id", row.product_id)])[row.product_id]
        by_office = is_office(uow.context)
        done_on = None if row.planned else changes.get("work_date")
        wrong = list(implausible(changes.get("quantity"), done_on, business_day(now), by_office=by_office))
        if wrong:
            raise RowRefused(errors=wrong)
        _restamp(row, product, changes, by_office=by_office)
        for name in changes.keys() & {
            "description",
            "quantity",
            "work_date",
            "started_at",
            "ended_at",
            "chargeability",
            "chargeability_reason",
        }:
            setattr(row, name, changes[name])
        if row.started_at and row.ended_at and row.ended_at < row.started_at:
            error = FieldError("/ended_at", "row.ends_before_start", "The row ends before it starts.")
            raise RowRefused(errors=[error])
        loaded.order.touch(now)
        uow.commit()
        return loaded


def _restamp(row: WorkRow, product: CopyProduct, changes: Mapping[str, Any], *, by_office: bool) -> None:
    """Price and tax a changed row anew; what was not changed keeps what it was given (domain.md 2.5)."""
    typed: Decimal | None = changes.get("unit_price")
    reason = changes.get("price_reason", row.price_reason)
    wish = PriceWish(typed, reason, changes.get("discount_percent", Decimal(0)), by_office)
    kept = replace(
        product.facts(),
        list_price=row.unit_price,
        vat_class=VatClass(row.vat_class),
        field_recordable=True,
        archived=False,
    )
    source, discount_percent = row.price_source, row.discount_percent
    quantity = changes.get("quantity", row.quantity)
    apply_stamp(row, stamp(kept, wish, work_date=changes.get("work_date", row.work_date), quantity=quantity))
    row.discount_percent = changes.get("discount_percent", discount_percent)
    if typed is None:
        row.price_source = source
        row.price_reason = reason if source == PriceSource.TYPED else None


def remove_row(uow: UnitOfWork, order_id: str, row_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Take a row off an order that is not approved yet.

    A row of an order that was approved before and then reopened is known to billing: it is closed, not deleted.
    Raises NotFound, VersionMismatch, OrderLocked, Forbidden, RowTransferred.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        row = _changeable_row(uow, loaded, row_id)
        if loaded.order.billing_round and not row.planned:
            row.closed_reason = REMOVED
        else:
            for other in loaded.rows:
                if other.planned_row_id == row.id:
                    other.planned_row_id = None
            uow.session.delete(row)
            loaded.rows.remove(row)
        loaded.order.touch(now)
        uow.commit()
        return loaded


def _changeable_row(uow: UnitOfWork, loaded: LoadedOrder, row_id: str) -> WorkRow:
    row = next((row for row in loaded.rows if row.id == row_id and row.closed_reason is None), None)
    if row is None:
        raise NotFound(f"The work order has no row with the id {row_id[:36]}.")
    office = is_office(uow.context)
    check_rows_open(loaded.order.stands, planned=row.planned, by_office=office)
    if row.is_transferred:
        raise RowTransferred()
    if not office and (row.planned or row.recorded_by != uow.context.actor):
        raise Forbidden("Only who recorded the row, or who plans the work, changes it.")
    return row
