"""The turn of the day: attachments begin and end, so sites change hands without anybody's doing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from services.customers.app.sites import lock_tree, publish_changed, refresh_customers, subtree_of
from services.customers.models import Site, SiteAttachment
from shared.clock import business_day
from shared.context import Context, system_context
from shared.db import Database, UnitOfWork
from shared.errors import UrakkaError
from shared.telemetry import get_logger

log = get_logger("customers.days")

LOOK_BACK_DAYS = 31
"""How far back a turn that was missed, e.g. by a machine that was off, is still made good."""
PAUSE_S = 600.0


def turn_days(database: Database, clock: Callable[[], datetime], stop: threading.Event) -> None:
    """Loop: bring the sites' customers up to the present day, every ten minutes, until `stop` is set.

    Several machines may do it at once: what one has done, the other finds done.
    """
    while not stop.is_set():
        try:
            turn_day(database, business_day(clock()), stop)
        except (UrakkaError, SQLAlchemyError) as error:
            log.warning("days.will_try_again", error=type(error).__name__)
        stop.wait(PAUSE_S)


def turn_day(database: Database, day: date, stop: threading.Event | None = None) -> int:
    """Refresh the sites whose attachments began or ended lately, tenant by tenant; returns how many changed hands."""
    system = system_context("days")
    with database.read(system) as uow:
        tenants = list(uow.session.scalars(_turning(day, SiteAttachment.tenant_id).distinct()))
    changed = 0
    for tenant_id in tenants:
        if stop is not None and stop.is_set():
            break
        changed += _turn_tenant(database, system.for_tenant(tenant_id), day)
    return changed


def _turn_tenant(database: Database, context: Context, day: date) -> int:
    with database.begin(context) as uow:
        lock_tree(uow)
        sites = _below(uow, uow.session.scalars(_turning(day, SiteAttachment.site_id).distinct()))
        refresh_customers(uow, sites, day)
        changed = publish_changed(uow, sites)
        uow.commit()
    return changed


def _turning(day: date, column: InstrumentedAttribute[str]) -> Select[str]:
    lately = day - timedelta(days=LOOK_BACK_DAYS)
    return select(column).where(
        or_(
            SiteAttachment.valid_from.between(lately, day),
            SiteAttachment.valid_to.between(lately, day - timedelta(days=1)),
        )
    )


def _below(uow: UnitOfWork, site_ids: Iterable[str]) -> list[Site]:
    found: dict[str, Site] = {}
    for site_id in site_ids:
        site = uow.session.get(Site, site_id)
        if site is not None and site.id not in found:
            found |= {node.id: node for node in subtree_of(uow, site)}
    return sorted(found.values(), key=lambda node: node.path)
