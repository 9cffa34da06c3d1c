"""Connections that wait for a person: no document can go over them.

The target refused their credentials, or we cannot use them: settings that are no longer right, secrets of another key.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from services.billing.domain.dispatch import DispatchState
from services.billing.domain.outcomes import Rejected
from services.billing.models import Connection, ConnectionRun, Dispatch, statements
from shared.context import Context, system_context
from shared.db import Database, UnitOfWork, check_version, get_or_404

UNUSABLE = "connection.unusable"

_runs, _dispatches = statements.table_of(ConnectionRun), statements.table_of(Dispatch)


def pause_connection(
    database: Database, context: Context, connection_id: str, version: int, refusal: Rejected, now: datetime
) -> bool:
    """Let nothing more go over a connection that is leased, until a person resumes or changes it.

    version  of the connection that cannot be used: a person who changed it meanwhile has corrected it, so nothing is
             paused, and False is returned.
    """
    with database.begin(context) as uow:
        statement = select(Connection.version).where(Connection.id == connection_id)
        if uow.session.scalar(statement.with_for_update()) != version:
            return False
        uow.session.connection().execute(
            update(_runs)
            .where(_runs.c.tenant_id == context.tenant_id, _runs.c.connection_id == connection_id)
            .values(paused_at=now, paused_code=refusal.code[:100], paused_detail=refusal.detail)
        )
        uow.commit()
    return True


def resume_connection(
    uow: UnitOfWork, connection_id: str, expected_version: int | None, *, now: datetime
) -> Connection:
    """Try again over a connection, its circuit breaker forgotten; harmless if it was not paused.

    Raises NotFound, VersionMismatch.
    """
    with uow:
        connection = get_or_404(uow.session, Connection, connection_id)
        check_version(connection, expected_version)
        clear_pause(uow, connection_id, now)
        uow.commit()
        return connection


def clear_pause(uow: UnitOfWork, connection_id: str, now: datetime) -> None:
    """As `resume_connection`, in the caller's transaction: what waits over the connection is due at once."""
    of_tenant = _runs.c.tenant_id == uow.context.tenant_id
    connection = uow.session.connection()
    connection.execute(
        update(_runs)
        .where(of_tenant, _runs.c.connection_id == connection_id)
        .values(paused_at=None, paused_code=None, paused_detail=None, failures=0, open_until=None)
    )
    connection.execute(
        update(_dispatches)
        .where(
            _dispatches.c.tenant_id == uow.context.tenant_id,
            _dispatches.c.connection_id == connection_id,
            _dispatches.c.state == str(DispatchState.WAITING),
            _dispatches.c.due_at > now,
        )
        .values(due_at=now)
    )
    uow.nudge("dispatch")


def pauses_of(uow: UnitOfWork, connection_ids: Iterable[str]) -> dict[str, ConnectionRun]:
    """The paused ones among these connections, by id."""
    with uow:
        found = uow.session.scalars(
            select(ConnectionRun).where(
                ConnectionRun.connection_id.in_(sorted(set(connection_ids))), ConnectionRun.paused_at.is_not(None)
            )
        )
        return {run.connection_id: run for run in found}


def take_over(database: Database, now: datetime) -> int:
    """Free what processes that are gone held: leases, and calls of which nobody will tell the end; returns how many.

    Only for a process that surely is the only one on its database. The calls are looked up like any other whose lease
    lapsed, just without waiting for that.
    """
    with database.begin(system_context("take_over")) as uow:
        connection = uow.session.connection()
        freed: Any = connection.execute(
            update(_runs).where(_runs.c.leased_by.is_not(None)).values(leased_by=None, leased_until=None)
        )
        interrupted: Any = connection.execute(
            update(_dispatches)
            .where(_dispatches.c.state == str(DispatchState.SENDING), _dispatches.c.due_at > now)
            .values(due_at=now)
        )
        uow.commit()
    return int(freed.rowcount + interrupted.rowcount)
