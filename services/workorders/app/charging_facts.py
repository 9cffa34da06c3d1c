"""What charging rules need to know of an order: read from rows, copies and other orders of the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select, text

from services.workorders.app.loading import LoadedOrder
from services.workorders.app.prices import price_group_of
from services.workorders.domain.lifecycle import State
from services.workorders.domain.values import Chargeability, Priority
from services.workorders.models import CopyChargingRule, IncludedUse, WorkOrder, WorkRow
from shared.charging import ChargingRule, Included, InvalidChargingRule, OrderFacts, RecordedRow, rule_from_data
from shared.db import UnitOfWork
from shared.telemetry import get_logger

log = get_logger(__name__)

_HOURS = {"h": Decimal(1), "min": Decimal(60)}
"""Units of time → how many make an hour."""


def charging_rules(uow: UnitOfWork) -> list[ChargingRule]:
    """Return the tenant's rules that are in use. One that this release cannot read is left out, and logged."""
    found = []
    for copy in uow.session.scalars(select(CopyChargingRule).where(CopyChargingRule.deleted.is_(False))):
        try:
            rule = rule_from_data(copy.rule)
        except InvalidChargingRule as error:
            log.error("charging_rule.unreadable", rule_id=copy.id, errors=[one.code for one in error.errors])
            continue
        if not rule.archived:
            found.append(rule)
    return found


def order_facts(
    uow: UnitOfWork, loaded: LoadedOrder, rules: Sequence[ChargingRule], rows: Sequence[WorkRow]
) -> OrderFacts:
    """Return what rules ask of the order. rows  its recorded rows"""
    order = loaded.order
    return OrderFacts(
        id=order.id,
        customer_id=order.customer_id,
        price_group=price_group_of(uow, loaded) if rules else None,
        site_path=loaded.site.nearest_first if loaded.site is not None else (),
        order_type=order.type,
        urgent=order.priority == Priority.URGENT,
        included_used=_used_elsewhere(uow, order, rules),
        earlier_hours=_earlier_hours(uow, order, rows) if counts_hours(rules) else {},
    )


def counts_hours(rules: Iterable[ChargingRule]) -> bool:
    """Say whether any rule asks how many hours of the day came before, on whatever order: overtime."""
    return any(rule.conditions.day_hours is not None for rule in rules)


def take_turns(uow: UnitOfWork, order: WorkOrder, rows: Sequence[WorkRow], *, now: datetime) -> None:
    """Let what is recorded of a worker's day on several orders come one after the other.

    Two orders that were recorded at the same moment would each believe to be the first of the day, and nobody would be
    charged the overtime. So the days are locked to the end of the transaction; and a row without clock times, which
    counts by when it was recorded, is recorded after those that are there already: its request may have begun first.

    now  when rows of this transaction were recorded
    """
    for worker, day in sorted(_days(rows)):
        _lock_day(uow, worker, day)
        latest = uow.session.scalar(
            select(func.max(WorkRow.recorded_at)).where(
                WorkRow.worked_by == worker, WorkRow.work_date == day, WorkRow.order_id != order.id
            )
        )
        for row in rows:
            if latest is not None and row.recorded_at == now and now <= latest and _day_of(row) == (worker, day):
                row.recorded_at = latest + _NEXT


_NEXT = timedelta(microseconds=1)


def _day_of(row: WorkRow) -> tuple[str, date]:
    return row.worked_by or row.recorded_by, row.work_date


def _days(rows: Iterable[WorkRow]) -> set[tuple[str, date]]:
    return {_day_of(row) for row in rows if row.unit in _HOURS}


def _lock_day(uow: UnitOfWork, worker: str, day: date) -> None:
    """Wait for whoever else records this day; SQLite has one writer at a time anyhow."""
    if uow.session.get_bind().dialect.name == "postgresql":
        key = f"{uow.context.tenant_id}:worked:{worker}:{day}"
        uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def recorded_rows(rows: Sequence[WorkRow]) -> list[RecordedRow]:
    """Return recorded rows as they were worked; one whose charge a person decided counts with that, and is only
    taxed and marked up like any other: it makes no visit and gets no minimum.
    """
    return [
        RecordedRow(
            id=row.id,
            product_id=row.product_id,
            product_kind=row.product_kind,
            unit=row.unit,
            quantity=row.quantity if row.charged_by_hand else worked_of(row),
            unit_price=row.unit_price,
            work_date=row.work_date,
            worker=_day_of(row)[0],
            discount_percent=row.discount_percent,
            started_at=row.started_at,
            ended_at=row.ended_at,
            marks=frozenset(row.marks or ()),
            correction=row.charged_by_hand,
            chargeable=row.included_by is not None or row.chargeability == Chargeability.CHARGE,
            vat_rate_percent=row.vat_rate_percent,
        )
        for row in rows
    ]


def worked_of(row: WorkRow) -> Decimal:
    """Return what was recorded on a row that a person recorded."""
    return row.quantity if row.worked_quantity is None else row.worked_quantity


def remember_uses(uow: UnitOfWork, loaded: LoadedOrder, used: Mapping[str, int]) -> None:
    """Store how many times the order uses what contracts include, in place of what was stored before."""
    statement = select(IncludedUse).where(IncludedUse.order_id == loaded.order.id)
    known = {one.rule_id: one for one in uow.session.scalars(statement)}
    for rule_id, one in known.items():
        if rule_id not in used:
            uow.session.delete(one)
    for rule_id, times in used.items():
        if rule_id in known:
            known[rule_id].times = times
        else:
            uow.session.add(IncludedUse(order_id=loaded.order.id, rule_id=rule_id, times=times))


def _used_elsewhere(uow: UnitOfWork, order: WorkOrder, rules: Sequence[ChargingRule]) -> dict[str, int]:
    """Return rule id → times that other orders of the customer use of what is included so many times.

    The rules' copies are locked: of two orders that are recorded at the same moment only one gets the last time.
    """
    limited = sorted(rule.id for rule in rules if any(_is_limited(effect) for effect in rule.effects))
    if not limited or order.customer_id is None:
        return {}
    copies = select(CopyChargingRule.id).where(CopyChargingRule.id.in_(limited)).order_by(CopyChargingRule.id)
    uow.session.scalars(copies.with_for_update()).all()
    orders = WorkOrder.__table__  # not the class: every order counts, whatever the caller sees
    statement = (
        select(IncludedUse.rule_id, func.sum(IncludedUse.times))
        .join(orders, orders.c.id == IncludedUse.order_id)
        .where(
            IncludedUse.rule_id.in_(limited),
            IncludedUse.order_id != order.id,
            orders.c.customer_id == order.customer_id,
            orders.c.state != State.CANCELLED.value,
        )
        .group_by(IncludedUse.rule_id)
    )
    return {rule_id: int(times) for rule_id, times in uow.session.execute(statement)}


def _is_limited(effect: object) -> bool:
    return isinstance(effect, Included) and effect.times is not None


def _earlier_hours(uow: UnitOfWork, order: WorkOrder, rows: Sequence[WorkRow]) -> dict[tuple[str, date], Decimal]:
    """Return (worker, work date) → hours that the worker began on other orders before the first row here."""
    first: dict[tuple[str, date], datetime] = {}
    for row in rows:
        if row.unit in _HOURS:
            key = _day_of(row)
            began = row.started_at or row.recorded_at
            first[key] = min(first.get(key, began), began)
    return {key: _hours_before(uow, order, *key, before) for key, before in first.items()}


def _hours_before(uow: UnitOfWork, order: WorkOrder, worker: str, day: date, before: datetime) -> Decimal:
    statement = select(WorkRow.unit, WorkRow.worked_quantity).where(
        WorkRow.worked_by == worker,
        WorkRow.work_date == day,
        WorkRow.order_id != order.id,
        WorkRow.planned.is_(False),
        WorkRow.closed_reason.is_(None),
        WorkRow.unit.in_(_HOURS),
        WorkRow.worked_quantity > 0,
        func.coalesce(WorkRow.started_at, WorkRow.recorded_at) < before,
    )
    found = uow.session.execute(statement)
    return sum((worked / _HOURS[unit] for unit, worked in found if worked is not None), Decimal(0))
