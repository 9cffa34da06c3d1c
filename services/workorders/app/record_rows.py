"""Recording, changing and removing rows before approval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.workorders.app.charging import drop_row, recharge
from services.workorders.app.commands import RowWish
from services.workorders.app.copies import products_of
from services.workorders.app.loading import LoadedOrder, load_order
from services.workorders.app.recording import add_rows, days_of_work, unseen
from services.workorders.app.rows import apply_stamp
from services.workorders.app.visibility import is_office
from services.workorders.domain.errors import RowOfSet, RowRefused, RowTransferred
from services.workorders.domain.pricing import PriceWish, stamp
from services.workorders.domain.rows import DISMISSED, REMOVED, check_rows_open, implausible
from services.workorders.domain.values import Chargeability, PriceSource
from services.workorders.models import CopyProduct, WorkRow
from shared.clock import business_day
from shared.db import UnitOfWork, check_version
from shared.errors import FieldError, Forbidden, NotFound
from shared.ids import new_id
from shared.prices import Resolution
from shared.vat import VatClass

_PLAIN = frozenset(
    {"description", "work_date", "started_at", "ended_at", "chargeability", "chargeability_reason", "marks"}
)


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
            recharge(uow, loaded, now=now)
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
             VAT rate and leaves the price; a new price is typed by hand and needs its reason. `quantity` is what
             was worked; `charged_quantity`, or `charge_as_recorded`, is the office's word on what is charged.
    A row that a charging rule made stays as a person changed it, and removed if a person removed it, until it is given
    back to the rules with `charge_as_recorded` false.
    Raises NotFound, VersionMismatch, OrderLocked, Forbidden, RowTransferred, RowOfSet, RowRefused.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        given_back = changes.get("charge_as_recorded") is False
        row = _changeable_row(uow, loaded, row_id, dismissed_too=given_back)
        product = products_of(uow, [("/product_id", row.product_id)])[row.product_id]
        by_office = is_office(uow.context)
        done = (changes.get(name) for name in ("work_date", "started_at", "ended_at"))
        days = {} if row.planned else days_of_work(*done)
        wrong = list(implausible(changes.get("quantity"), days, business_day(now), by_office=by_office))
        wrong += _charge_errors(changes, by_office=by_office)
        try:
            _restamp(row, product, changes, by_office=by_office)
        except RowRefused as refused:
            wrong += refused.errors
        _take_quantities(row, changes)
        for name in changes.keys() & _PLAIN:
            setattr(row, name, changes[name])
        if row.started_at and row.ended_at and row.ended_at < row.started_at:
            wrong.append(FieldError("/ended_at", "row.ends_before_start", "The row ends before it starts."))
        if wrong:
            raise RowRefused(errors=wrong)
        recharge(uow, loaded, now=now)
        loaded.order.touch(now)
        uow.commit()
        return loaded


def _charge_errors(changes: Mapping[str, Any], *, by_office: bool) -> Iterator[FieldError]:
    named = [name for name in ("charged_quantity", "charge_as_recorded") if changes.get(name) is not None]
    for name in () if by_office else named:
        yield FieldError(f"/{name}", "row.charge_forbidden", "Only the office decides what is charged.")
    if changes.get("charged_quantity") == 0:
        detail = "To charge nothing, say why in chargeability."
        yield FieldError("/charged_quantity", "row.quantity_zero", detail)
    if len(named) > 1 and changes["charge_as_recorded"]:
        detail = "Charge what was recorded, or another quantity."
        yield FieldError("/charged_quantity", "row.charge_ambiguous", detail)


def _take_quantities(row: WorkRow, changes: Mapping[str, Any]) -> None:
    """Write what was worked, and what a person decides to charge of it; rules decide the rest."""
    worked, by_hand = changes.get("quantity"), changes.get("charge_as_recorded")
    charged = changes.get("charged_quantity")
    if row.derived_by is not None:
        row.charged_by_hand = by_hand is not False
        row.quantity = charged or worked or row.quantity
        return
    follows = row.quantity == row.worked_quantity or not row.charged_by_hand
    if worked is not None:
        row.worked_quantity = None if row.planned else worked
        row.quantity = worked if follows else row.quantity
    if by_hand is not None:
        row.charged_by_hand = by_hand
        row.quantity = row.quantity if row.worked_quantity is None else row.worked_quantity
    if charged is not None:
        row.charged_by_hand, row.quantity = True, charged
    if row.included_by is not None and (row.charged_by_hand or "chargeability" in changes):
        row.charged_by_hand, row.included_by = True, None
        row.chargeability, row.chargeability_reason = Chargeability.CHARGE.value, None
    if row.charged_by_hand:
        row.charging = None


def _restamp(row: WorkRow, product: CopyProduct, changes: Mapping[str, Any], *, by_office: bool) -> None:
    """Price and tax a changed row anew; what was not changed keeps what it was given (domain.md 2.5)."""
    typed: Decimal | None = changes.get("unit_price")
    reason = changes.get("price_reason", row.price_reason)
    wish = PriceWish(typed, reason, changes.get("discount_percent", Decimal(0)), by_office)
    facts = replace(product.facts(), vat_class=VatClass(row.vat_class), field_recordable=True, archived=False)
    kept = Resolution(row.unit_price, None, ())
    source, discount_percent, explanation = row.price_source, row.discount_percent, row.price_explanation
    quantity = changes.get("charged_quantity", changes.get("quantity", row.quantity))
    apply_stamp(row, stamp(facts, kept, wish, work_date=changes.get("work_date", row.work_date), quantity=quantity))
    row.price_explanation = explanation
    row.discount_percent = changes.get("discount_percent", discount_percent)
    if typed is None:
        row.price_source = source
        row.price_reason = reason if source == PriceSource.TYPED else None


def remove_row(uow: UnitOfWork, order_id: str, row_id: str, *, expected: int | None, now: datetime) -> LoadedOrder:
    """Take a row off an order that is not approved yet.

    A row of an order that was approved before and then reopened is known to billing: it is closed, not deleted. So is
    a row that a charging rule made, or the rule would make it again.
    Raises NotFound, VersionMismatch, OrderLocked, Forbidden, RowTransferred, RowOfSet.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        row = _changeable_row(uow, loaded, row_id)
        if row.derived_by is not None:
            row.closed_reason, row.charged_by_hand = DISMISSED, True
        else:
            for other in loaded.rows:
                if other.planned_row_id == row.id:
                    other.planned_row_id = None
            drop_row(uow, loaded, row, REMOVED)
        recharge(uow, loaded, now=now)
        loaded.order.touch(now)
        uow.commit()
        return loaded


def _changeable_row(uow: UnitOfWork, loaded: LoadedOrder, row_id: str, *, dismissed_too: bool = False) -> WorkRow:
    row = next((row for row in loaded.rows if row.id == row_id), None)
    if row is None or (row.closed_reason is not None and not (dismissed_too and row.closed_reason == DISMISSED)):
        raise NotFound(f"The work order has no row with the id {row_id[:36]}.")
    office = is_office(uow.context)
    check_rows_open(loaded.order.stands, planned=row.planned, by_office=office)
    if row.is_transferred:
        raise RowTransferred()
    if row.set_row_id is not None:
        raise RowOfSet("Change the row of the set; its parts follow.", set_row_id=row.set_row_id)
    if not office and (row.planned or row.recorded_by != uow.context.actor):
        raise Forbidden("Only who recorded the row, or who plans the work, changes it.")
    return row
