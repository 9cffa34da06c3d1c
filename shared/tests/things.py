"""A little service of the tests: things of a tenant, each with parts, in a database as real services have it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.bus.envelope import NewEvent
from shared.context import Context
from shared.db import (
    Amount,
    Audited,
    Database,
    Quantity,
    Rate,
    TenantScoped,
    UnitPrice,
    UtcDateTime,
    Versioned,
    new_base,
)
from shared.db.migration_parts import create_infrastructure_v1, enable_row_level_security
from shared.ids import new_id

Base = new_base()
T = TypeVar("T")

FIRM, OTHER_FIRM = "01939f6a-7c00-7cc0-8f00-000000000001", "01939f6a-7c00-7cc0-8f00-000000000002"
_DEADLINE_S = 30


class Thing(Base, TenantScoped, Versioned, Audited):
    """An aggregate with one field of each kind."""

    __tablename__ = "things"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)
    __audit_hidden__ = ("secret",)
    __audit_left_out__ = ("search_text",)

    code: Mapped[str] = mapped_column(String(40))
    amount: Mapped[Decimal | None] = mapped_column(Amount())
    price: Mapped[Decimal | None] = mapped_column(UnitPrice())
    quantity: Mapped[Decimal | None] = mapped_column(Quantity())
    rate: Mapped[Decimal | None] = mapped_column(Rate())
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_on: Mapped[date | None]
    secret: Mapped[str | None] = mapped_column(String(80))
    search_text: Mapped[str | None] = mapped_column(String(80))
    parts: Mapped[list[Part]] = relationship(back_populates="thing", order_by="Part.name")


class Part(Base, TenantScoped):
    """A part of a thing."""

    __tablename__ = "parts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    thing_id: Mapped[str] = mapped_column(ForeignKey("things.id"))
    name: Mapped[str] = mapped_column(String(80))
    thing: Mapped[Thing] = relationship(back_populates="parts")


class Sink:
    """An outbox that only remembers, and can look at the database at the moment it is called."""

    def __init__(self, look: Callable[[Connection], Any] = lambda _connection: None) -> None:
        self.events: list[NewEvent] = []
        self.contexts: list[Context] = []
        self.seen: list[Any] = []
        self._look = look

    def append(self, connection: Connection, events: Sequence[NewEvent], context: Context) -> None:
        """Take events as `Database` hands them over."""
        self.events += events
        self.contexts.append(context)
        self.seen.append(self._look(connection))


def create_tables(engine: Engine) -> None:
    """Make the tables of things and of the infrastructure, with row-level security where there is such a thing."""
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        create_infrastructure_v1()
        Base.metadata.create_all(connection)
        enable_row_level_security(["things", "parts"])


def somebody(tenant_id: str = FIRM, **changes: Any) -> Context:
    """Return the context of a user of a tenant."""
    return Context(tenant_id=tenant_id, actor="user-1", **changes)


def store(database: Database, *records: Any, tenant_id: str = FIRM) -> None:
    """Store records for a tenant and commit."""
    with database.begin(somebody(tenant_id)) as uow:
        uow.session.add_all(records)
        uow.commit()


def an_event(thing_id: str = "01939f6a-7c00-7cc0-8f00-0000000000ff") -> NewEvent:
    """Return an event about a thing."""
    return NewEvent("thing.changed.v1", "thing", thing_id, 1, {"id": thing_id})


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Run `work(0)` … `work(count - 1)` in threads that begin at the same moment; results in their order."""
    gate = threading.Barrier(count)

    def run(number: int) -> T:
        gate.wait(_DEADLINE_S)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(run, number) for number in range(count)]
        return [one.result(_DEADLINE_S) for one in running]
