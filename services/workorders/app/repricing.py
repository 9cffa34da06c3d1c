"""Re-pricing: the only way in which a stored row gets the prices of now (domain.md 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.workorders.app.charging import recharge
from services.workorders.app.charging_facts import worked_of
from services.workorders.app.loading import LoadedOrder, load_order
from services.workorders.app.prices import PriceBook, price_book
from services.workorders.app.sets import component_ids, stamp_composition
from services.workorders.domain.lifecycle import BEFORE_APPROVAL
from services.workorders.domain.pricing import explain, source_of
from services.workorders.domain.rows import check_order_open
from services.workorders.domain.values import PriceSource
from services.workorders.models import CopyProduct, WorkRow
from shared.db import UnitOfWork
from shared.prices import Resolution


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A row that has another price now. Prices are of one unit without VAT; None: no price is known."""

    row_id: str
    product_code: str
    description: str
    unit_price_before: Decimal | None
    unit_price_after: Decimal | None
    price_source_before: PriceSource | None
    price_source_after: PriceSource | None
    price_explanation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged for a row: quantity in its unit, price of one unit, amount in cents; None: no price is known."""

    quantity: Decimal
    unit_price: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class ChargeChange:
    """A row that is charged otherwise. row  as it is afterwards, or was if it goes; before, after  None: not charged"""

    row: WorkRow
    before: Charge | None
    after: Charge | None


@dataclass(slots=True)
class Repricing:
    """What re-pricing an order changes, or would change.

    changes    rows that people recorded and that have another price now
    charges    every row that is charged otherwise, those of rules and sets too: they add up to the change of the net
    net_*      of all charged rows
    """

    version: int
    dry_run: bool
    changes: tuple[PriceChange, ...]
    charges: tuple[ChargeChange, ...]
    net_before: Decimal
    net_after: Decimal


def reprice_order(uow: UnitOfWork, order_id: str, *, dry_run: bool, expected: int | None, now: datetime) -> Repricing:
    """Give the rows of an order the prices that hold now for their work dates, then let charging rules see them.

    Rows whose price was typed, and those that are closed or billed, keep theirs. With `dry_run` nothing is stored, and
    the answer says what would be.
    Raises NotFound, VersionMismatch, OrderLocked.
    """
    with uow:
        loaded = load_order(uow, order_id, for_update=True, expected=expected)
        check_order_open(loaded.order.stands)
        version, before, charged_before = loaded.version, net_of(loaded), _charges(loaded)
        changes = _reprice(uow, loaded)
        recharge(uow, loaded, now=now)
        after, charges = net_of(loaded), _charge_changes(charged_before, _charges(loaded))
        if not dry_run and (changes or charges):
            loaded.order.touch(now)
        if not dry_run:
            uow.commit()
            version = loaded.version
        return Repricing(version, dry_run, tuple(changes), charges, before, after)


def read_charging(uow: UnitOfWork, order_id: str) -> LoadedOrder:
    """Return an order for its explanation; before approval `would_reprice` names rows that another price is for now.

    Raises NotFound.
    """
    with uow:
        loaded = load_order(uow, order_id)
        if loaded.order.stands in BEFORE_APPROVAL:
            loaded.would_reprice = tuple(change.row_id for change in price_changes(uow, loaded))
        return loaded


def price_changes(uow: UnitOfWork, loaded: LoadedOrder) -> list[PriceChange]:
    """Return what re-pricing would change on rows that people recorded, changing nothing."""
    _, prices, rows = _priceable(uow, loaded)
    return [change for row in rows if (change := _change(row, prices)) is not None]


def net_of(loaded: LoadedOrder) -> Decimal:
    """Return the sum of the charged rows in cents; a row without a price counts as zero."""
    return sum((row.net or Decimal(0) for row in loaded.recorded if row.is_charged), Decimal("0.00"))


def _charges(loaded: LoadedOrder) -> dict[str, tuple[WorkRow, Charge]]:
    """Return row id → row and what is charged for it, of the rows that are charged."""
    return {row.id: (row, Charge(row.quantity, row.unit_price, row.net)) for row in loaded.recorded if row.is_charged}


def _charge_changes(
    before: Mapping[str, tuple[WorkRow, Charge]], after: Mapping[str, tuple[WorkRow, Charge]]
) -> tuple[ChargeChange, ...]:
    found = []
    for row_id in (*before, *(added for added in after if added not in before)):
        was, becomes = before.get(row_id), after.get(row_id)
        row, _ = becomes or before[row_id]
        old, new = was and was[1], becomes and becomes[1]
        if old != new:
            found.append(ChargeChange(row, old, new))
    return tuple(found)


def _reprice(uow: UnitOfWork, loaded: LoadedOrder) -> list[PriceChange]:
    products, prices, rows = _priceable(uow, loaded)
    changes = []
    for row in rows:
        change = _change(row, prices)
        if change is not None:
            changes.append(change)
            row.unit_price = change.unit_price_after
            row.price_source = change.price_source_after.value if change.price_source_after else None
            row.price_explanation = change.price_explanation
        if row.is_set:
            stamp_composition(row, products[row.product_id], prices)
    return changes


def _priceable(uow: UnitOfWork, loaded: LoadedOrder) -> tuple[dict[str, CopyProduct], PriceBook, list[WorkRow]]:
    rows = [
        row
        for row in loaded.rows
        if row.by_person
        and row.closed_reason is None
        and not row.is_transferred
        and row.price_source != PriceSource.TYPED
    ]
    ids = {row.product_id for row in rows}.union(*map(component_ids, rows))
    found = uow.session.scalars(select(CopyProduct).where(CopyProduct.id.in_(ids))) if ids else ()
    products = {product.id: product for product in found}
    return products, price_book(uow, loaded, products.values()), [row for row in rows if row.product_id in products]


def _change(row: WorkRow, prices: PriceBook) -> PriceChange | None:
    resolution = prices.resolve(row.product_id, worked_of(row), row.work_date)
    if resolution.unit_price == row.unit_price:
        return None
    return PriceChange(
        row.id,
        row.product_code,
        row.description,
        row.unit_price,
        resolution.unit_price,
        PriceSource(row.price_source) if row.price_source else None,
        source_of(resolution),
        _explanation(row, resolution),
    )


def _explanation(row: WorkRow, resolution: Resolution) -> dict[str, Any]:
    return {**(row.price_explanation or {}), **explain(resolution)}
