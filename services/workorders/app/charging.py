"""What is charged for the work of an order: charging rules and sets, applied to its rows (domain.md 2.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, select

from services.workorders.app.charging_facts import (
    charging_rules,
    counts_hours,
    order_facts,
    recorded_rows,
    remember_uses,
    take_turns,
)
from services.workorders.app.loading import LoadedOrder
from services.workorders.app.prices import PriceBook, price_book
from services.workorders.app.rows import apply_stamp, new_row, next_position
from services.workorders.app.sets import component_ids, set_rows
from services.workorders.domain.pricing import NO_PRICE, PriceWish, ProductFacts, stamp
from services.workorders.domain.rows import NO_LONGER, Measure, unit_sums
from services.workorders.domain.values import Chargeability, PriceSource
from services.workorders.models import CopyProduct, WorkRow
from shared.charging import ChargedRow, DerivedRow, Explanation, PriceFrom, charge
from shared.db import UnitOfWork
from shared.vat import VatClass

ACTOR = "system:charging"

_KEPT = (
    "product_id",
    "product_code",
    "product_kind",
    "product_name",
    "unit",
    "construction_service",
    "description",
    "quantity",
    "work_date",
    "unit_price",
    "price_source",
    "price_reason",
    "price_explanation",
    "discount_percent",
    "vat_class",
    "vat_rate_percent",
    "chargeability",
    "chargeability_reason",
    "set_row_id",
    "set_code",
    "derived_by",
    "derived_from",
    "charging",
    "worked_by",
)
"""What a row that is made anew brings to the one that is there already; the latter keeps its place and its moment."""


def recharge(uow: UnitOfWork, loaded: LoadedOrder, *, now: datetime) -> None:
    """Decide anew what is charged for the recorded rows of an order, and which rows rules and sets add.

    Called whenever recorded rows changed, and when the work is done; never after approval. Equal rows, rules and
    prices give equal rows, ids included. What a person decided stays: rows marked `charged_by_hand`, those that a
    person closed, and those on a document are neither changed nor made again. Changes `loaded`; the caller commits.
    """
    rules = charging_rules(uow)
    recorded = [row for row in loaded.recorded if row.by_person and row.closed_reason is None]
    if counts_hours(rules):
        take_turns(uow, loaded.order, recorded, now=now)
    result = charge(order_facts(uow, loaded, rules, recorded), recorded_rows(recorded), rules)
    by_id = {row.id: row for row in recorded}
    for charged in result.rows:
        if not _is_settled(by_id[charged.row_id]):
            _apply(by_id[charged.row_id], charged)
    sets = [row for row in recorded if row.is_set]
    products = _products(uow, {one.product_id for one in result.derived}.union(*map(component_ids, sets)))
    prices = price_book(uow, loaded, products.values())
    made = [row for parent in sets for row in set_rows(loaded, parent, products, now=now)]
    made += [_derived_row(loaded, one, products.get(one.product_id), prices, now=now) for one in result.derived]
    _replace(uow, loaded, made)
    if rules:
        remember_uses(uow, loaded, result.included_used)


def _is_settled(row: WorkRow) -> bool:
    return row.charged_by_hand or row.is_transferred


def _apply(row: WorkRow, charged: ChargedRow) -> None:
    """Write what rules made of a recorded row; chargeability that a person gave is not touched.

    A row of which nothing is left to charge is included too: on a document a quantity of zero has no place.
    """
    nothing_left = charged.included_in_contract or not charged.charged_quantity
    quantity = charged.worked_quantity if nothing_left else charged.charged_quantity
    _write(row, {"quantity": quantity, "charging": told(charged.explanation)})
    rule = next((step for step in charged.explanation if step.code in _INCLUDED), None)
    if nothing_left and rule is not None:
        included = {"chargeability": Chargeability.INCLUDED.value, "chargeability_reason": rule.rule_name}
        _write(row, {**included, "included_by": rule.rule_id})
    elif row.included_by is not None:
        _write(row, {"chargeability": Chargeability.CHARGE.value, "chargeability_reason": None, "included_by": None})


_INCLUDED = ("included", "included_counted", "kilometres_included")


def told(steps: Iterable[Explanation]) -> list[dict[str, Any]] | None:
    """Return explanations as JSON; None if there are none.

    Which rows a step is about is told on the row that it made (`DerivedRow.row_ids`), not on each of those rows: a
    visit of three hundred rows would store ninety thousand ids.
    """
    found = [
        {
            "code": step.code,
            "rule_id": step.rule_id,
            "rule_name": step.rule_name,
            "params": dict(step.params),
            "text": dict(step.text),
        }
        for step in steps
    ]
    return found or None


def _products(uow: UnitOfWork, ids: Collection[str]) -> dict[str, CopyProduct]:
    if not ids:
        return {}
    return {one.id: one for one in uow.session.scalars(select(CopyProduct).where(CopyProduct.id.in_(ids)))}


def _derived_row(
    loaded: LoadedOrder, derived: DerivedRow, product: CopyProduct | None, prices: PriceBook, *, now: datetime
) -> WorkRow:
    """Return the row that a rule adds.

    Without a copy of its product it has no price, so that a person sees it before it is approved.
    """
    known = product or CopyProduct(id=derived.product_id, code="?", kind="fee", construction_service=False)
    row = new_row(loaded, known, row_id=derived.id, work_date=derived.work_date, now=now)
    row.unit = derived.unit
    row.description = _text(loaded, derived) or known.name or ""
    row.quantity = derived.quantity
    row.derived_by = derived.rule_id
    row.charging = told(derived.explanation)
    row.derived_from = list(derived.row_ids)
    row.recorded_by, row.worked_by, row.content_hash = ACTOR, derived.worker, ""
    resolution, typed = NO_PRICE, None if product is None else derived.unit_price
    if product is not None and derived.price_from is PriceFrom.PRODUCT:
        resolution = prices.resolve(derived.product_id, derived.quantity, derived.work_date)
    facts = product.facts().in_use() if product is not None else ProductFacts(VatClass.STANDARD)
    wish = PriceWish(typed, derived.rule_name, derived.discount_percent, by_planner=True)
    apply_stamp(row, stamp(facts, resolution, wish, work_date=derived.work_date, quantity=derived.quantity))
    if typed is not None:
        row.price_source, row.price_reason, row.price_explanation = PriceSource.RULE.value, None, None
    return row


def _text(loaded: LoadedOrder, derived: DerivedRow) -> str:
    language = (loaded.customer.language if loaded.customer is not None else None) or "fi"
    return derived.text.get(language) or derived.rule_name


def _replace(uow: UnitOfWork, loaded: LoadedOrder, made: Sequence[WorkRow]) -> None:
    """Let the rows of rules and sets be exactly `made`, but for those that are settled."""
    present = {row.id: row for row in loaded.rows if not row.by_person}
    wanted = {row.id for row in made}
    for row_id, row in present.items():
        if row_id not in wanted and not _is_settled(row):
            drop_row(uow, loaded, row)
    position = next_position(loaded)
    for row in made:
        known = present.get(row.id)
        if known is None:
            row.position = position
            position += 1
            uow.session.add(row)
            loaded.rows.append(row)
        elif not _is_settled(known):
            _take_over(known, row)


def _take_over(known: WorkRow, made: WorkRow) -> None:
    _write(known, {name: getattr(made, name) for name in _KEPT} | {"closed_reason": None})


def _write(row: WorkRow, values: Mapping[str, Any]) -> None:
    """Set what differs; a row that stays as it was is neither stored nor audited again."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def drop_row(uow: UnitOfWork, loaded: LoadedOrder, row: WorkRow, reason: str = NO_LONGER) -> None:
    """Take a row off the order; one that billing may know from an earlier round is closed, not deleted."""
    if loaded.order.billing_round and not row.planned:
        row.closed_reason = row.closed_reason or reason
        return
    if inspect(row).persistent:
        uow.session.delete(row)
    else:
        uow.session.expunge(row)
    loaded.rows.remove(row)


def charging_totals(rows: Iterable[WorkRow]) -> tuple[Measure, ...]:
    """Return what was worked and what is charged, for each unit; what rules add is only in the order's net."""
    return unit_sums(row.measure for row in rows if not row.is_taken_off)
