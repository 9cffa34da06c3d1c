"""The small transactions around a call to a target: lease, record before the call, outcome after it."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.billing.app.ports import LONGEST_CALL_S, ConnectionProblem
from services.billing.app.steps import Current, apply
from services.billing.app.traces import write_trace
from services.billing.domain.breaker import Breaker
from services.billing.domain.dispatch import Circumstances, Started
from services.billing.models import Connection, ConnectionRun, Dispatch, statements
from shared.clock import utc_now
from shared.context import Context, continue_trace
from shared.db import Database, UnitOfWork
from shared.ids import new_id

_TURN_S = 1.25 * LONGEST_CALL_S
_TURN_PAUSE_S = 0.2

Trace = Sequence[dict[str, Any]]
"""What was said on the wire, without secrets."""


@dataclass(frozen=True, slots=True)
class DueConnection:
    """A connection with something to do, and since when."""

    tenant_id: str
    connection_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """A connection that this process alone works on until the lease ends, with what is needed to open it.

    leader  the connection whose lease stands for the company's books; the connection itself if it is alone with them.
    """

    tenant_id: str
    connection_id: str
    version: int
    target: str
    settings: Mapping[str, Any]
    sealed_secrets: bytes
    breaker: Breaker
    until: datetime
    leader: str


BooksOf = Callable[[str, Mapping[str, Any]], str | None]
"""(target, settings) → whose books a connection leads to, None if others in the same books do not disturb it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that is on record in the dispatch itself (state, number, hash, lease); the history has it with its end."""

    current: Current
    started_at: datetime


def due_connections(database: Database, context: Context, now: datetime) -> list[DueConnection]:
    """Connections with due dispatches that nobody works on, the longest waiting first; all tenants."""
    dispatches, connections, runs = _table(Dispatch), _table(Connection), _table(ConnectionRun)
    since = func.min(dispatches.c.due_at)
    statement = (
        select(dispatches.c.tenant_id, dispatches.c.connection_id, since)
        .join(connections, connections.c.id == dispatches.c.connection_id)
        .outerjoin(runs, runs.c.connection_id == dispatches.c.connection_id)
        .where(
            dispatches.c.due_at <= now,
            connections.c.active,
            or_(runs.c.leased_until.is_(None), runs.c.leased_until <= now),
            or_(runs.c.open_until.is_(None), runs.c.open_until <= now),
            runs.c.paused_at.is_(None),
        )
        .group_by(dispatches.c.tenant_id, dispatches.c.connection_id)
        .order_by(since)
    )
    with database.read(context) as uow:
        rows = uow.session.connection().execute(statement).all()
    return [DueConnection(tenant_id, connection_id, moment) for tenant_id, connection_id, moment in rows]


def acquire(
    database: Database,
    context: Context,
    connection_id: str,
    owner: str,
    now: datetime,
    lease_s: float,
    *,
    books_of: BooksOf | None = None,
    even_if_paused: bool = False,
) -> Leased | None:
    """Take the connection for `owner` (a new one also makes its row); None if another has it or it is paused.

    The lease keeps a second process from working on the same connection, and with `books_of` on any other connection to
    the same books: such targets want one call at a time for each company. It is not what keeps a document from being
    sent twice: that is the state of the dispatch.
    even_if_paused  neither the circuit breaker matters nor that it waits for a person.
    """
    until = now + timedelta(seconds=lease_s)
    with database.begin(context) as uow:
        row = _active_connection(uow, connection_id)
        if row is None:
            return None
        leader = _leader(uow, row, books_of)
        taken = _take(uow, connection_id, owner, now, until, even_if_paused=even_if_paused)
        if taken is None:
            return None
        if leader != connection_id and not _take(
            uow, leader, _for_books(owner, connection_id), now, until, even_if_paused=True
        ):
            return None
        uow.commit()
    return Leased(
        tenant_id=context.tenant_id,
        connection_id=connection_id,
        version=row.version,
        target=row.target,
        settings=row.settings,
        sealed_secrets=row.secrets,
        breaker=Breaker(taken.failures, taken.open_until),
        until=until,
        leader=leader,
    )


def renew(
    database: Database, context: Context, leased: Leased, owner: str, now: datetime, lease_s: float
) -> Leased | None:
    """Prolong the lease; None if it was lost meanwhile."""
    until = now + timedelta(seconds=lease_s)
    with database.begin(context) as uow:
        for connection_id, by in _held(leased, owner):
            if not _update_run(uow, connection_id, by, leased_until=until):
                return None
        uow.commit()
    return replace(leased, until=until)


def release(database: Database, context: Context, leased: Leased, owner: str) -> None:
    """Give the connection back and store its breaker."""
    breaker = {"failures": leased.breaker.failures, "open_until": leased.breaker.open_until}
    with database.begin(context) as uow:
        for connection_id, by in _held(leased, owner):
            own = breaker if connection_id == leased.connection_id else {}
            _update_run(uow, connection_id, by, leased_by=None, leased_until=None, **own)
        uow.commit()


def _active_connection(uow: UnitOfWork, connection_id: str) -> Any:
    connections = _table(Connection)
    statement = select(connections).where(
        connections.c.tenant_id == uow.context.tenant_id, connections.c.id == connection_id, connections.c.active
    )
    return uow.session.connection().execute(statement).one_or_none()


def _leader(uow: UnitOfWork, row: Any, books_of: BooksOf | None) -> str:
    """The first connection to the same books, active or not: one that all of them agree on."""
    books = None if books_of is None else books_of(row.target, row.settings)
    if books_of is None or books is None:
        return str(row.id)
    connections = _table(Connection)
    statement = select(connections.c.id, connections.c.settings).where(
        connections.c.tenant_id == uow.context.tenant_id, connections.c.target == row.target
    )
    found = uow.session.connection().execute(statement).all()
    return min(str(each.id) for each in found if books_of(row.target, each.settings) == books)


def _held(leased: Leased, owner: str) -> Iterator[tuple[str, str]]:
    """Connections whose rows are leased, and the name of the lease."""
    yield leased.connection_id, owner
    if leased.leader != leased.connection_id:
        yield leased.leader, _for_books(owner, leased.connection_id)


def _for_books(owner: str, connection_id: str) -> str:
    """Another name for each connection: two workers of one process must not take each other's lease for their own."""
    return f"{owner[:70]}#{connection_id[-8:]}"


def _take(
    uow: UnitOfWork, connection_id: str, owner: str, now: datetime, until: datetime, *, even_if_paused: bool
) -> Any:
    """Lease a row, which is made if it is not there; its breaker, None if it is taken."""
    runs = _table(ConnectionRun)
    _make_run(uow, connection_id)
    statement = (
        update(runs)
        .where(
            runs.c.tenant_id == uow.context.tenant_id,
            runs.c.connection_id == connection_id,
            or_(runs.c.leased_until.is_(None), runs.c.leased_until <= now, runs.c.leased_by == owner),
        )
        .values(leased_by=owner, leased_until=until)
        .returning(runs.c.failures, runs.c.open_until)
    )
    if not even_if_paused:
        statement = statement.where(
            or_(runs.c.open_until.is_(None), runs.c.open_until <= now), runs.c.paused_at.is_(None)
        )
    return uow.session.connection().execute(statement).one_or_none()


def _update_run(uow: UnitOfWork, connection_id: str, owner: str, **values: Any) -> bool:
    """Change a row that `owner` has leased; False if it has not."""
    runs = _table(ConnectionRun)
    changed = uow.session.connection().execute(
        update(runs)
        .where(
            runs.c.tenant_id == uow.context.tenant_id,
            runs.c.connection_id == connection_id,
            runs.c.leased_by == owner,
        )
        .values(**values)
    )
    return changed.rowcount == 1


@contextlib.contextmanager
def turn(
    database: Database, context: Context, connection_id: str, owner: str, books_of: BooksOf, patience_s: float = 15.0
) -> Iterator[None]:
    """Have the connection's books for oneself within the block, whatever its circuit breaker says.

    A connection that is not active is not waited for: nothing is sent over it. Raises ConnectionProblem if others still
    have it after `patience_s` seconds.
    """
    with database.read(context) as uow:
        is_used = _active_connection(uow, connection_id) is not None
    leased, deadline = None, time.monotonic() + patience_s
    while is_used and leased is None:
        leased = acquire(
            database, context, connection_id, owner, utc_now(), _TURN_S, books_of=books_of, even_if_paused=True
        )
        if leased is None and time.monotonic() >= deadline:
            detail = "Documents are just being sent over the connection. Try again in a minute."
            raise ConnectionProblem(detail, reason="connection.in_turn")
        if leased is None:
            time.sleep(_TURN_PAUSE_S)
    try:
        yield
    finally:
        if leased is not None:
            release(database, context, leased, owner)


def begin_attempt(
    database: Database, actor: str, current: Current, tenant_id: str, sha256: str, circumstances: Circumstances
) -> Attempt:
    """Transaction 1: state `sending`, attempt + 1, key, hash of the exact bytes, lease. Only then may it be sent.

    Raises Overtaken if somebody else took the dispatch.
    """
    with database.begin(context_of(current, tenant_id, actor)) as uow:
        result = apply(uow, current, Started(), circumstances, {"payload_sha256": sha256})
        uow.commit()
    started = replace(current, version=current.version + 1, record=result.dispatch, payload_sha256=sha256)
    return Attempt(started, circumstances.now)


def finish_attempt(
    database: Database,
    actor: str,
    attempt: Attempt,
    tenant_id: str,
    fact: object,
    circumstances: Circumstances,
    trace: Trace = (),
) -> None:
    """Transaction 2: what became of the attempt, and everything that follows from it.

    trace  what was said, as `traces.stored_form` gives it.
    Raises Overtaken if the dispatch changed since transaction 1.
    """
    with database.begin(context_of(attempt.current, tenant_id, actor)) as uow:
        apply(uow, attempt.current, fact, circumstances)
        _write_history(uow, attempt.current, "send", attempt.started_at, fact, circumstances.now, trace)
        uow.commit()


def record_fact(
    database: Database,
    actor: str,
    current: Current,
    tenant_id: str,
    kind: str,
    fact: object,
    circumstances: Circumstances,
    trace: Trace = (),
) -> None:
    """One transaction for a fact without a call before it on record: a look, a lapsed lease, a failed preparation.

    kind  of the line in the history. Raises Overtaken.
    """
    with database.begin(context_of(current, tenant_id, actor)) as uow:
        write_fact(uow, current, kind, fact, circumstances, trace)
        uow.commit()


def write_fact(
    uow: UnitOfWork, current: Current, kind: str, fact: object, circumstances: Circumstances, trace: Trace = ()
) -> None:
    """As `record_fact`, in the caller's transaction."""
    apply(uow, current, fact, circumstances)
    _write_history(uow, current, kind, circumstances.now, fact, circumstances.now, trace)


def told(fact: object) -> dict[str, str | None]:
    """The outcome and its text, as the history keeps them."""
    detail = getattr(fact, "reason", None) or getattr(fact, "detail", None)
    return {"outcome": type(fact).__name__, "detail": detail}


def context_of(current: Current, tenant_id: str, actor: str) -> Context:
    """The circumstances of work on a dispatch: the correlation and trace of the approval that led to it."""
    return Context(
        tenant_id=tenant_id,
        actor=actor,
        correlation_id=current.correlation_id,
        traceparent=continue_trace(current.traceparent),
    )


def _write_history(
    uow: UnitOfWork, current: Current, kind: str, started_at: datetime, fact: object, now: datetime, trace: Trace
) -> None:
    line: dict[str, Any] = {
        "id": new_id(),
        "tenant_id": uow.context.tenant_id,
        "dispatch_id": current.dispatch_id,
        "kind": kind,
        "number": current.record.attempts,
        "actor": uow.context.actor,
        "started_at": started_at,
        "ended_at": now,
        "document_key": current.document_key,
        "payload_sha256": current.payload_sha256,
        **told(fact),
    }
    uow.session.connection().execute(statements.INSERT_ATTEMPT, line)
    write_trace(uow, current.dispatch_id, line["id"], trace)


def _make_run(uow: UnitOfWork, connection_id: str) -> None:
    table = _table(ConnectionRun)
    on_postgresql = uow.session.get_bind().dialect.name == "postgresql"
    statement: Any = postgresql_insert(table) if on_postgresql else sqlite_insert(table)
    values = {"tenant_id": uow.context.tenant_id, "connection_id": connection_id, "failures": 0}
    uow.session.connection().execute(statement.on_conflict_do_nothing(index_elements=["connection_id"]), [values])


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
