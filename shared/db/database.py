"""The unit of work: one transaction, for one tenant, with the events it leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select, event, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.exc import StaleDataError

from shared.bus.envelope import NewEvent
from shared.clock import utc_now
from shared.context import SYSTEM_TENANT, Context
from shared.db.audit import write_audit_rows
from shared.db.engine import WRITES
from shared.db.mixins import TenantScoped, Versioned
from shared.db.tables import creations, number_series
from shared.errors import Conflict, UrakkaError, VersionMismatch
from shared.ids import new_id

_SET_TENANT = "SELECT set_config('urakka.tenant_id', %s, true)"

EventSink = Callable[[Connection, Sequence[NewEvent], Context], None]
"""Writes events to the outbox, inside the transaction that they belong to."""

_TAKEN = frozenset({"23505", "23P01", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})
_REFERRED_TO = frozenset({"23503", "23001", "SQLITE_CONSTRAINT_FOREIGNKEY"})

SiteScope = Callable[[Session, Context], Sequence[LoaderCriteriaOption]]
"""(session, context with sites) → what narrows its statements to what lies at those sites and below them."""

Nudge = Callable[[str], None]
"""Wakes whoever waits for a topic, after the commit."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A wish to create something, told apart from its repetitions.

    scope      what is created, e.g. `workorder`
    key        the client's own id or Idempotency-Key; None if it gave neither (then it is never a repetition)
    body_hash  SHA-256 (hex) of the request's content in canonical form
    id         the id that the new record shall have
    """

    scope: str
    key: str | None
    body_hash: str
    id: str


class KeyReused(Conflict):
    """The same key came with another content."""

    code = "key_reused"
    title = "This id or Idempotency-Key was already used for something else"


class AlreadyExists(Conflict):
    """A unique key of the database is taken, e.g. by somebody who was faster."""

    code = "already_exists"
    title = "There is already a record with this key"


class Database:
    """One service's database; gives units of work."""

    def __init__(
        self,
        engine: Engine,
        *,
        event_sink: EventSink | None = None,
        nudge: Nudge | None = None,
        site_scope: SiteScope | None = None,
    ) -> None:
        """Take what the units of work need. site_scope  narrows those of callers who are limited to some sites"""
        self.engine = engine
        self._site_scope = site_scope
        self._event_sink = event_sink
        self._nudge = nudge
        self._writer = engine.execution_options(**{WRITES: True})
        self._reader = engine.execution_options(**{WRITES: False, "postgresql_readonly": True})

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is the one-box database."""
        return self.engine.dialect.name == "sqlite"

    def begin(self, context: Context) -> UnitOfWork:
        """Return a writing unit of work; its transaction starts when it is entered."""
        return UnitOfWork(self._writer, context, self._event_sink, self._nudge, self._site_scope)

    def rehearse(self, context: Context) -> UnitOfWork:
        """Return a writing unit of work of which nothing stays."""
        return _Rehearsal(self._writer, context, None, None, self._site_scope)

    def read(self, context: Context) -> UnitOfWork:
        """Return a unit of work that can only read."""
        return UnitOfWork(self._reader, context, None, None, self._site_scope)


class UnitOfWork:
    """One transaction. `with uow: … uow.commit()`; without the commit everything is rolled back.

    Every SELECT, UPDATE and DELETE of a `TenantScoped` class is narrowed to the context's tenant, every new object
    of such a class gets it; on PostgreSQL the row-level security policies get it too. A context with sites narrows
    further, as the service's `SiteScope` says. Errors of the database that a
    caller can understand come out as `VersionMismatch` and `AlreadyExists`.
    """

    session: Session

    def __init__(
        self,
        engine: Engine,
        context: Context,
        event_sink: EventSink | None,
        nudge: Nudge | None,
        site_scope: SiteScope | None = None,
    ) -> None:
        self.context = context
        self._site_scope = site_scope
        self._engine = engine
        self._event_sink = event_sink
        self._nudge = nudge
        self._events: list[NewEvent] = []
        self._topics: set[str] = set()

    def __enter__(self) -> Self:
        self._events.clear()
        self._topics.clear()
        try:
            self._open()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self._open()  # the pooled connection was dead; now the pool has given up all that were made before
        return self

    def _open(self) -> None:
        """Begin; the first statement also tells whether the pooled connection still lives, at no further cost."""
        self.session = _TenantSession(self._engine, self.context, self._site_scope)
        try:
            if self._engine.dialect.name == "postgresql":
                # By the driver: each unit of work begins with it, and the layers above cost more than the statement.
                self.session.connection().exec_driver_sql(_SET_TENANT, (self.context.tenant_id,)).close()
        except BaseException:
            self.session.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        if (known := _known(error)) is not None:
            raise known from error

    def emit(self, new_event: NewEvent) -> None:
        """Let `new_event` be published if and only if this transaction commits."""
        self._events.append(new_event)

    def nudge(self, topic: str) -> None:
        """Wake those who wait for `topic` after the commit."""
        self._topics.add(topic)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Let a part of the transaction fail by itself: an error undoes only what happened inside, with its events.

        The error goes on to the caller, those of the database as `VersionMismatch` and `AlreadyExists`.
        """
        emitted = len(self._events)
        try:
            with self.session.begin_nested():
                yield
        except BaseException as error:
            del self._events[emitted:]
            if (known := _known(error)) is not None:
                raise known from error
            raise

    def write(self) -> None:
        """Flush, and write the outbox rows of what was emitted so far; nothing is committed.

        For transactions with so many records that they are better not all held in memory. The outbox rows come after
        the flush: their order is the commit order of an aggregate only when its row was locked before they were
        inserted (messaging.md 3).
        """
        self.session.flush()
        if self._events:
            if self._event_sink is None:
                raise RuntimeError("this database has no outbox, yet events were emitted")
            self._event_sink(self.session.connection(), tuple(self._events), self.context)
            self._events.clear()
            self._topics.add("outbox")

    def commit(self) -> None:
        """Flush, write the outbox rows, commit, then wake the relay."""
        self.write()
        self.session.commit()
        topics = sorted(self._topics)
        self._events.clear()
        self._topics.clear()
        if self._nudge is not None:
            for topic in topics:
                self._nudge(topic)

    def next_number(self, series: str) -> int:
        """Return the next number of a series of this tenant, from 1. A rolled-back number may be given again."""
        return self.next_numbers(series, 1)[0]

    def next_numbers(self, series: str, count: int) -> range:
        """Return the next `count` (at least 1) numbers of a series of this tenant."""
        insert: Any = pg_insert if self._engine.dialect.name == "postgresql" else sqlite_insert
        statement = insert(number_series).values(tenant_id=self.context.tenant_id, name=series, last=count)
        statement = statement.on_conflict_do_update(
            index_elements=["tenant_id", "name"], set_={"last": number_series.c.last + count}
        ).returning(number_series.c.last)
        last = int(self.session.execute(statement).scalar_one())
        return range(last - count + 1, last + 1)

    def repeated(self, creation: Creation) -> str | None:
        """Return the id of what this creation already made, or None if it is the first time.

        The same key sent twice at the same moment waits here for the first one to end. Raises KeyReused if the key
        was used with another content.
        """
        if creation.key is None:
            return None
        if self._engine.dialect.name == "postgresql":
            lock = f"{self.context.tenant_id}:{creation.scope}:{creation.key}"
            self.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"), {"lock": lock})
        row = self.session.execute(_the_creation(creation, self.context.tenant_id)).one_or_none()
        if row is None:
            return None
        if row.body_hash != creation.body_hash:
            raise KeyReused(key=creation.key)
        return str(row.aggregate_id)

    def created(self, creation: Creation, aggregate_id: str) -> None:
        """Remember what the creation made; a racing repetition fails on the unique key and can be asked again."""
        if creation.key is None:
            return
        self.session.execute(
            creations.insert().values(
                tenant_id=self.context.tenant_id,
                scope=creation.scope,
                key=creation.key,
                body_hash=creation.body_hash,
                aggregate_id=aggregate_id,
                created_at=utc_now(),
            )
        )


class RehearsalOver(Exception):
    """A rehearsed unit of work came to its end, and no rule stood in its way."""


class _Rehearsal(UnitOfWork):
    """Ends, however it ends, with an error and without a commit: nothing that follows it may believe that it was."""

    def commit(self) -> None:
        raise RehearsalOver

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is None:
            raise RehearsalOver


class _TenantSession(Session):
    """A session that knows its tenant."""

    def __init__(self, engine: Engine, context: Context, site_scope: SiteScope | None) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.context = context
        self._site_scope = site_scope if context.sites else None

    @cached_property
    def only_own(self) -> LoaderCriteriaOption:
        """Narrows a statement to the rows of the session's tenant; made once, since making it is costly."""
        tenant_id = self.context.tenant_id
        return with_loader_criteria(TenantScoped, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)

    @cached_property
    def only_in_scope(self) -> Sequence[LoaderCriteriaOption]:
        """Narrows a statement to the sites of the session's context; nothing for who is not limited."""
        return () if self._site_scope is None else tuple(self._site_scope(self, self.context))


def _the_creation(creation: Creation, tenant_id: str) -> Select[Any]:
    return select(creations.c.body_hash, creations.c.aggregate_id).where(
        creations.c.tenant_id == tenant_id,
        creations.c.scope == creation.scope,
        creations.c.key == creation.key,
    )


def _known(error: BaseException | None) -> UrakkaError | None:
    """Return what a caller can understand of an error of the database; None if it says nothing to them."""
    if isinstance(error, StaleDataError):
        return VersionMismatch("Somebody else changed the record at the same moment.")
    if isinstance(error, IntegrityError) and _violation(error) in _TAKEN:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or str(error.orig)
        return AlreadyExists(constraint=constraint)
    return None


def is_in_the_way(error: IntegrityError) -> bool:
    """Whether another record does not allow it: a key is taken, or a record is referred to or gone.

    Anything else (a missing value, a check of a column) should have been caught before: it is a fault of ours.
    """
    return _violation(error) in _TAKEN | _REFERRED_TO


def _violation(error: IntegrityError) -> str | None:
    """The kind of the violation as the driver names it: SQLSTATE on PostgreSQL, the extended code on SQLite."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)


def _narrow_to_tenant(state: ORMExecuteState) -> None:
    session = state.session
    if not isinstance(session, _TenantSession) or state.is_column_load:
        return
    if session.context.tenant_id != SYSTEM_TENANT:
        state.statement = state.statement.options(session.only_own, *session.only_in_scope)


def _stamp_tenant_and_audit(session: Session, _flush: Any, _objects: Any) -> None:
    if not isinstance(session, _TenantSession):
        return
    tenant_id = session.context.tenant_id
    for record in session.new:
        if isinstance(record, Versioned) and record.id is None:
            record.id = new_id()  # now, not at the insert: the audit row needs it
        if isinstance(record, TenantScoped):
            if record.tenant_id is None:
                if tenant_id == SYSTEM_TENANT:
                    raise RuntimeError(f"a {type(record).__name__} needs a tenant")
                record.tenant_id = tenant_id
            elif tenant_id not in (record.tenant_id, SYSTEM_TENANT):
                raise RuntimeError(f"a {type(record).__name__} of another tenant cannot be stored here")
    for record in session.dirty:
        if isinstance(record, TenantScoped) and tenant_id not in (record.tenant_id, SYSTEM_TENANT):
            raise RuntimeError(f"a {type(record).__name__} cannot be moved to another tenant")
    write_audit_rows(session, session.context)


event.listen(_TenantSession, "do_orm_execute", _narrow_to_tenant)
event.listen(_TenantSession, "before_flush", _stamp_tenant_and_audit)
