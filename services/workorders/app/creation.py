"""Making an order: what the three ways (planned, taken in, in the field) have in common."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.workorders.app.commands import OrderWish
from services.workorders.app.copies import customer_of, site_of
from services.workorders.app.loading import LoadedOrder, customer_facts, take_step, write_history
from services.workorders.app.packages import check_package
from services.workorders.app.recording import add_rows, unseen
from services.workorders.app.refusals import Refusals
from services.workorders.domain.errors import OrderRefused
from services.workorders.domain.lifecycle import State, Step
from services.workorders.domain.placement import Placement, SiteFacts, placement_errors
from services.workorders.domain.values import Origin
from services.workorders.models import CopyCustomer, CopySite, WorkOrder
from shared.db import UnitOfWork

NUMBER_SERIES = "workorder"


def make_order(
    uow: UnitOfWork, wish: OrderWish, order_id: str, origin: Origin, refusals: Refusals, *, now: datetime
) -> LoadedOrder:
    """Make the order and its history's first entry, without rows and not yet assigned.

    refusals  takes everything that is wrong; the caller raises it when the rows are judged too, or commits
    """
    named = Placement(
        customer_id=wish.customer_id,
        provisional_name=wish.provisional_name,
        wanted_from=wish.wanted_from,
        wanted_to=wish.wanted_to,
    )
    customer, site = resolve_placement(uow, named, wish.site_id, refusals)
    customer_clear = customer is not None or wish.provisional_name is not None
    with refusals.noted():
        check_package(uow, wish.work_package_id, customer.id if customer else None, customer_clear=customer_clear)
    order = WorkOrder(
        id=order_id,
        number=str(uow.next_number(NUMBER_SERIES)),
        state=(State.DRAFT if wish.draft else State.PLANNED).value,
        origin=origin.value,
        type=wish.type.value,
        priority=wish.priority.value,
        external_source=wish.external_source,
        external_reference=wish.external_reference,
        customer_id=customer.id if customer else None,
        provisional_name=wish.provisional_name,
        provisional_phone=wish.provisional_phone,
        site_id=wish.site_id,
        work_package_id=wish.work_package_id,
        wanted_from=wish.wanted_from,
        wanted_to=wish.wanted_to,
        created_by=uow.context.actor,
        description=wish.description,
        references=dict(wish.references),
        created_at=now,
        changed_at=now,
    )
    uow.session.add(order)
    uow.session.flush()
    write_history(uow, order, Step.CREATE, None, now=now)
    return LoadedOrder(order, customer, site)


def make_planned(uow: UnitOfWork, wish: OrderWish, order_id: str, origin: Origin, *, now: datetime) -> LoadedOrder:
    """Make an order with the wish's rows as its plan, not yet assigned; the caller commits.

    Raises RowIdReused, or what is wrong with the order and its rows, see `plan_order`.
    """
    refusals = Refusals()
    loaded = make_order(uow, wish, order_id, origin, refusals, now=now)
    rows = tuple(replace(row, planned=True) for row in wish.rows)
    with refusals.noted():
        add_rows(uow, loaded, unseen([], rows), now=now)
    refusals.raise_all()
    return loaded


def assign_new(uow: UnitOfWork, loaded: LoadedOrder, assigned_to: str | None, *, now: datetime) -> None:
    """Give a new order to somebody, if the wish says so; drafts are assigned when they are planned."""
    if assigned_to is None:
        return
    loaded.order.assigned_to = assigned_to
    if loaded.order.stands is State.PLANNED:
        take_step(uow, loaded, Step.ASSIGN, now=now)


def resolve_placement(
    uow: UnitOfWork, named: Placement, site_id: str | None, refusals: Refusals
) -> tuple[CopyCustomer | None, CopySite | None]:
    """Return the copies of the customer and the site that an order names; without a customer it is the site's.

    named     what the order says itself: customer_id, provisional_name and the time window
    refusals  takes CustomerUnknown, SiteUnknown and OrderRefused. Source: domain.md 2.3.
    """
    site = customer = None
    with refusals.noted():
        site = site_of(uow, site_id) if site_id else None
    customer_id = named.customer_id
    if customer_id is None and named.provisional_name is None and site is not None:
        customer_id = site.customer_id
    with refusals.noted():
        customer = customer_of(uow, customer_id) if customer_id else None
    complete = replace(
        named,
        customer_id=customer_id,
        customer=customer_facts(uow, customer) if customer else None,
        site=SiteFacts(site.customer_id, site.archived) if site else None,
        site_unknown=site_id is not None and site is None,
    )
    with refusals.noted():
        if errors := tuple(placement_errors(complete)):
            raise OrderRefused(errors=errors)
    return customer, site
