"""Agreements follow their customer when it is merged into another, and back when the merge is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from services.catalog.app.events import publish_prices
from services.catalog.models import CopyCustomer, StoredPriceFact
from shared.bus.copies import apply_copy
from shared.bus.envelope import Event
from shared.db import UnitOfWork
from shared.periods import Period
from shared.prices import Scope


def keep_customer(uow: UnitOfWork, event: Event) -> bool:
    """Store what `customer.changed.v1` says, if it is newer than the copy; returns whether it was."""
    values = {name: event.data.get(name) for name in ("merged_into", "price_group")}
    return apply_copy(uow, CopyCustomer, event, values)


def follow_merge(uow: UnitOfWork, customer_id: str, merged_into: str | None) -> int:
    """Move the agreements of a customer to the one that it was merged into, or back; returns how many moved.

    An agreement of the survivor stays in force: what would overlap it stays where it is. Runs inside the open
    transaction, and may run again.
    """
    fact = StoredPriceFact
    named = fact.customer_id if merged_into else fact.customer_before_merge
    moving = uow.session.scalars(select(fact).where(named == customer_id).order_by(fact.id).with_for_update()).all()
    if not moving:
        return 0
    scope = Scope(customer_id=merged_into or customer_id)
    there = _by_step(uow.session.scalars(select(fact).where(fact.scope_key == scope.key)))
    moved = [one for one in moving if not _overlaps(one.period, there.get((one.product_id, one.min_quantity), ()))]
    for one in moved:
        one.customer_id, one.scope_key = scope.customer_id, scope.key
        one.customer_before_merge = customer_id if merged_into else None
    uow.session.flush()
    publish_prices(uow, moved)
    return len(moved)


def _by_step(facts: Iterable[StoredPriceFact]) -> Mapping[tuple[str, object], list[Period]]:
    found: dict[tuple[str, object], list[Period]] = {}
    for fact in facts:
        found.setdefault((fact.product_id, fact.min_quantity), []).append(fact.period)
    return found


def _overlaps(period: Period, others: Iterable[Period]) -> bool:
    return any(period.covers(other.first) or other.covers(period.first) for other in others)
