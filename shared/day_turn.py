"""The turn of the day: dated facts begin and end without anybody's doing, and copies elsewhere must learn of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from shared.clock import business_day
from shared.context import Context, system_context
from shared.db import Database
from shared.errors import UrakkaError
from shared.telemetry import get_logger

log = get_logger("day_turn")

LOOK_BACK_DAYS = 31
"""How far back a turn that was missed, e.g. by a machine that was off, is still made good."""
PAUSE_S = 600.0

TurnTenant = Callable[[Context, date], int]
"""(context of one tenant, day) → number of records that changed; one transaction, harmless when done twice."""


def turned_lately(
    column: InstrumentedAttribute[str],
    first: InstrumentedAttribute[date],
    last: InstrumentedAttribute[date | None],
    day: date,
) -> Select[str]:
    """Select `column` of the rows whose period began, or ended the day before, within LOOK_BACK_DAYS up to `day`."""
    since = day - timedelta(days=LOOK_BACK_DAYS)
    return (
        select(column)
        .where(or_(first.between(since, day), last.between(since - timedelta(days=1), day - timedelta(days=1))))
        .distinct()
    )


def turn_day(
    database: Database, tenants: Select[str], turn: TurnTenant, day: date, stop: threading.Event | None = None
) -> int:
    """Let `turn` bring each tenant of `tenants` up to `day`; returns how many records changed."""
    system = system_context("day_turn")
    with database.read(system) as uow:
        found = list(uow.session.scalars(tenants))
    changed = 0
    for tenant_id in found:
        if stop is not None and stop.is_set():
            break
        changed += turn(system.for_tenant(tenant_id), day)
    return changed


def run_day_turns(
    turn: Callable[[date, threading.Event], int], clock: Callable[[], datetime], stop: threading.Event
) -> None:
    """Loop: call `turn` with the present business day every ten minutes, until `stop` is set.

    Several machines may do it at once: what one has done, the other finds done.
    """
    while not stop.is_set():
        try:
            changed = turn(business_day(clock()), stop)
            if changed:
                log.info("day_turn.done", changed=changed)
        except (UrakkaError, SQLAlchemyError) as error:
            log.warning("day_turn.will_try_again", error=type(error).__name__)
        stop.wait(PAUSE_S)
