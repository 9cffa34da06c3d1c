"""What a dispatch waits for besides its own turn: its connection, or the call before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from services.billing.app.pausing import UNUSABLE
from services.billing.domain.dispatch import DispatchState
from services.billing.models import Connection, ConnectionRun, Dispatch
from shared.db import UnitOfWork

HELD_UP = (DispatchState.WAITING, DispatchState.UNCLEAR)
"""What a stopped connection holds up; what is being sent has its own end."""

_WAITS = frozenset({DispatchState.WAITING, DispatchState.SENDING, DispatchState.UNCLEAR})


@dataclass(frozen=True, slots=True)
class Wait:
    """code: in the catalogue of reasons. until: when it ends by itself, None if a person must end it."""

    code: str
    until: datetime | None = None
    detail: str | None = None


def stopped_connections() -> Select[str]:
    """Ids of the connections over which nothing goes until a person does something: paused or switched off."""
    return (
        select(Connection.id)
        .outerjoin(ConnectionRun, ConnectionRun.connection_id == Connection.id)
        .where(or_(Connection.active.is_(False), ConnectionRun.paused_at.is_not(None)))
    )


def waits_of(uow: UnitOfWork, dispatches: Sequence[Dispatch], now: datetime) -> dict[str, Wait]:
    """Dispatch id → what it waits for; what nothing holds up is left out. Two queries, however many there are."""
    waiting = [each for each in dispatches if each.state in _WAITS]
    if not waiting:
        return {}
    ids = sorted({each.connection_id for each in waiting})
    with uow:
        rows = uow.session.execute(
            select(Connection, ConnectionRun)
            .outerjoin(ConnectionRun, ConnectionRun.connection_id == Connection.id)
            .where(Connection.id.in_(ids))
        )
        connections = {connection.id: _of_connection(connection, run, now) for connection, run in rows}
        ends = uow.session.execute(
            select(Dispatch.connection_id, func.max(Dispatch.due_at))
            .where(Dispatch.connection_id.in_(ids), Dispatch.state == str(DispatchState.SENDING))
            .group_by(Dispatch.connection_id)
        )
        calls: dict[str, datetime | None] = {row[0]: row[1] for row in ends}
    found = {each.id: _of(each, connections.get(each.connection_id), calls.get(each.connection_id)) for each in waiting}
    return {dispatch_id: wait for dispatch_id, wait in found.items() if wait is not None}


def _of(dispatch: Dispatch, of_connection: Wait | None, call_ends: datetime | None) -> Wait | None:
    if dispatch.state == DispatchState.SENDING:
        return Wait("dispatch.call_open", dispatch.due_at)
    if of_connection is not None and of_connection.code != "connection.busy":
        return of_connection
    if call_ends is not None:
        return Wait("dispatch.behind_call", call_ends)
    return of_connection


def _of_connection(connection: Connection, run: ConnectionRun | None, now: datetime) -> Wait | None:
    if not connection.active:
        return Wait("connection.inactive")
    if run is None:
        return None
    if run.paused_at is not None:
        code = UNUSABLE if run.paused_code == UNUSABLE else "connection.paused"
        return Wait(code, None, run.paused_detail)
    if run.open_until is not None and run.open_until > now:
        return Wait("connection.circuit_open", run.open_until)
    if run.leased_until is not None and run.leased_until > now:
        return Wait("connection.busy", run.leased_until)
    return None
