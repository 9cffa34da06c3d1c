"""Loading an order with what its rules need, and taking one step of its life."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from services.workorders.app.copies import CustomerUnknown
from services.workorders.app.settings import review_settings
from services.workorders.app.visibility import may_see
from services.workorders.domain.lifecycle import CustomerFacts, OrderFacts, Step, advance
from services.workorders.domain.rows import is_unusual
from services.workorders.domain.values import HoldPolicy
from services.workorders.models import CopyCustomer, CopySite, HistoryEntry, WorkOrder, WorkRow
from shared.clock import business_day
from shared.db import UnitOfWork, check_version
from shared.errors import NotFound
from shared.ids import is_id


@dataclass(slots=True)
class LoadedOrder:
    """An order with its rows (planned and recorded, in their order) and the copies that it names.

    would_reprice  ids of rows that would get another price now, where a use case looked
    """

    order: WorkOrder
    customer: CopyCustomer | None = None
    site: CopySite | None = None
    rows: list[WorkRow] = field(default_factory=list)
    would_reprice: tuple[str, ...] = ()

    @property
    def version(self) -> int:
        """The order's version, for the ETag."""
        return self.order.version

    @property
    def recorded(self) -> list[WorkRow]:
        """Rows that were done; guards and answers count them from 0."""
        return [row for row in self.rows if not row.planned]

    @property
    def planned(self) -> list[WorkRow]:
        """Rows of the plan."""
        return [row for row in self.rows if row.planned]


def order_missing(order_id: str) -> NotFound:
    """Return the error for an order that does not exist, is another tenant's, or is not the caller's to see."""
    return NotFound(f"There is no work order with the id {order_id[:36]}.")


def load_order(uow: UnitOfWork, order_id: str, *, for_update: bool = False, expected: int | None = None) -> LoadedOrder:
    """Return an order that the caller may see, in two queries.

    for_update  lock it to the end of the transaction
    expected    the version in If-Match, if the caller named one
    Raises NotFound, or VersionMismatch.
    """
    statement = (
        select(WorkOrder, CopyCustomer, CopySite)
        .outerjoin(CopyCustomer, CopyCustomer.id == WorkOrder.customer_id)
        .outerjoin(CopySite, CopySite.id == WorkOrder.site_id)
        .where(WorkOrder.id == order_id)
    )
    if for_update:
        statement = statement.with_for_update(of=WorkOrder)
    found = uow.session.execute(statement).one_or_none() if is_id(order_id) else None
    if found is None or not may_see(uow.context, found[0]):
        raise order_missing(order_id)
    check_version(found[0], expected)
    rows = uow.session.scalars(select(WorkRow).where(WorkRow.order_id == order_id).order_by(WorkRow.position))
    return LoadedOrder(found[0], found[1], found[2], list(rows))


def customer_facts(uow: UnitOfWork, customer: CopyCustomer) -> CustomerFacts:
    """Return what rules need of a customer; asks for the tenant's policy only if the customer is on hold."""
    policy = review_settings(uow).hold_policy if customer.on_hold else HoldPolicy.ALLOW
    return customer.facts(policy)


def facts_of(uow: UnitOfWork, loaded: LoadedOrder, reason: str = "", *, now: datetime | None = None) -> OrderFacts:
    """Return what the guards need; `now` lets them see whether the work is unusually old.

    Raises CustomerUnknown if the order's customer has no copy here (any more).
    """
    order, customer = loaded.order, loaded.customer
    if order.customer_id is not None and customer is None:
        raise CustomerUnknown({"/customer_id": order.customer_id})
    return OrderFacts(
        customer=customer_facts(uow, customer) if customer is not None else None,
        references=order.references,
        rows=tuple(row.facts() for row in loaded.recorded),
        reason=reason,
        unusual=now is not None and is_unusual(_charged(loaded), business_day(now)),
    )


def _charged(loaded: LoadedOrder) -> list[tuple[Decimal, date]]:
    """Return (net, work date) of the rows that are charged; a row without a price counts as zero."""
    return [(row.net or Decimal(0), row.work_date) for row in loaded.recorded if row.facts().charged]


def take_step(
    uow: UnitOfWork,
    loaded: LoadedOrder,
    step: Step,
    *,
    now: datetime,
    facts: OrderFacts | None = None,
    reason: str = "",
    actor: str | None = None,
) -> None:
    """Move the order along `step` and write its history; the caller commits.

    facts  what the guards need, if the step has any; `reason` is put into them
    actor  who takes it, if not the caller: `system:<name>`
    Raises ForbiddenStep or GuardsBroken; then nothing was changed.
    """
    order = loaded.order
    before = order.stands
    after = advance(before, step, replace(facts or OrderFacts(), reason=reason))
    order.state = after.value
    order.touch(now)
    write_history(uow, order, step, before.value, now=now, comment=reason, actor=actor)


def write_history(
    uow: UnitOfWork,
    order: WorkOrder,
    step: Step,
    from_state: str | None,
    *,
    now: datetime,
    comment: str = "",
    actor: str | None = None,
) -> None:
    """Write that the order came from `from_state` (None: it was made) to the state that it has now."""
    uow.session.add(
        HistoryEntry(
            order_id=order.id,
            at=now,
            actor=actor or uow.context.actor,
            step=step.value,
            from_state=from_state,
            to_state=order.state,
            comment=comment or None,
        )
    )
