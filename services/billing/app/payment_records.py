"""The small transactions around a question about a payment: what is due, and what was told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.billing.domain.payments import PaymentStatus, ask_again, next_ask
from services.billing.models import ConnectionRun, PaymentChange, PaymentPoll
from services.billing.models.statements import connections, dispatches, documents, table_of
from shared.context import system_context
from shared.db import Database, UnitOfWork
from shared.ids import new_id

polls, changes, runs = table_of(PaymentPoll), table_of(PaymentChange), table_of(ConnectionRun)

_MOST_ENROLLED: Final = 500
_MOST_DUE: Final = 50
_COPIED: Final = ("tenant_id", "document_id", "connection_id", "target", "target_id")


@dataclass(frozen=True, slots=True)
class DueQuestion:
    """A document that is to be asked for now."""

    tenant_id: str
    document_id: str
    document_key: str
    connection_id: str
    target: str
    target_id: str
    accepted_at: datetime
    failures: int


def enrol(database: Database, mute: Collection[str], now: datetime, pause_s: float) -> int:
    """Take up documents that were accepted since the last time, at most 500; returns how many.

    mute  names of targets that cannot tell. A document is first asked for `pause_s` after its acceptance.
    """
    wanted = (
        select(dispatches.c.finished_at, *(dispatches.c[name] for name in _COPIED))
        .where(
            dispatches.c.state == "accepted",
            dispatches.c.target_id.is_not(None),
            dispatches.c.finished_at.is_not(None),
            dispatches.c.target.not_in(list(mute)),
            ~exists().where(polls.c.document_id == dispatches.c.document_id),
        )
        .order_by(dispatches.c.id)
        .limit(_MOST_ENROLLED)
    )
    with database.read(system_context("payments")) as uow:
        found = uow.session.connection().execute(wanted).all()
    by_tenant: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        line = {
            "next_ask_at": row.finished_at + timedelta(seconds=pause_s),
            "accepted_at": row.finished_at,
            "failures": 0,
        }
        line |= {name: getattr(row, name) for name in _COPIED}
        by_tenant.setdefault(row.tenant_id, []).append(line)
    for tenant_id, lines in by_tenant.items():
        with database.begin(system_context("payments", tenant_id)) as uow:
            uow.session.connection().execute(_insert_once(uow), lines)
            uow.commit()
    return len(found)


def due_questions(
    database: Database, mute: Collection[str], resting: Collection[str], now: datetime
) -> list[DueQuestion]:
    """What is due, the longest waiting first; all tenants; at most 50.

    Connections that are leased, paused by their circuit breaker, switched off or have something to send are left out.
    mute     names of targets that cannot tell.
    resting  ids of connections that are left alone for now.
    """
    to_send = exists().where(dispatches.c.connection_id == polls.c.connection_id, dispatches.c.due_at <= now)
    statement = (
        select(
            polls.c.tenant_id,
            polls.c.document_id,
            documents.c.key,
            polls.c.connection_id,
            polls.c.target,
            polls.c.target_id,
            polls.c.accepted_at,
            polls.c.failures,
        )
        .join(documents, documents.c.id == polls.c.document_id)
        .join(connections, connections.c.id == polls.c.connection_id)
        .outerjoin(runs, runs.c.connection_id == polls.c.connection_id)
        .where(
            polls.c.next_ask_at <= now,
            polls.c.target.not_in(list(mute)),
            polls.c.connection_id.not_in(list(resting)),
            connections.c.active,
            or_(runs.c.leased_until.is_(None), runs.c.leased_until <= now),
            or_(runs.c.open_until.is_(None), runs.c.open_until <= now),
            ~to_send,
        )
        .order_by(polls.c.next_ask_at, polls.c.document_id)
        .limit(_MOST_DUE)
    )
    with database.read(system_context("payments")) as uow:
        rows = uow.session.connection().execute(statement).all()
    return [DueQuestion(*row) for row in rows]


def record_status(
    database: Database, question: DueQuestion, told: PaymentStatus, now: datetime, pause_s: float
) -> bool:
    """Store what was told, and a line of history if it differs from before; returns whether it does."""
    of_document = documents.c.tenant_id == question.tenant_id, documents.c.id == question.document_id
    with database.begin(system_context("payments", question.tenant_id)) as uow:
        execute = uow.session.connection().execute
        before = execute(
            select(documents.c.payment_state, documents.c.open_amount, documents.c.paid_on).where(*of_document)
        ).one()
        shown = {"payment_state": str(told.state), "open_amount": told.open_amount, "paid_on": told.paid_on}
        execute(update(documents).where(*of_document).values(**shown, payment_asked_at=now))
        _schedule(uow, question, next_ask(told, question.accepted_at, now, pause_s), failures=0)
        is_new = tuple(before) != tuple(shown.values())
        if is_new:
            line = {
                "id": new_id(),
                "tenant_id": question.tenant_id,
                "document_id": question.document_id,
                "state": str(told.state),
                "open_amount": told.open_amount,
                "paid_on": told.paid_on,
                "seen_at": now,
            }
            execute(insert(changes), [line])
        uow.commit()
    return is_new


def record_failure(database: Database, question: DueQuestion, now: datetime, pause_s: float) -> None:
    """Nothing was told: what was known stays, and it is asked again with growing pauses."""
    failures = question.failures + 1
    with database.begin(system_context("payments", question.tenant_id)) as uow:
        _schedule(uow, question, ask_again(failures, now, pause_s), failures=failures)
        uow.commit()


def _schedule(uow: UnitOfWork, question: DueQuestion, next_ask_at: datetime | None, *, failures: int) -> None:
    uow.session.connection().execute(
        update(polls)
        .where(polls.c.tenant_id == question.tenant_id, polls.c.document_id == question.document_id)
        .values(next_ask_at=next_ask_at, failures=failures)
    )


def _insert_once(uow: UnitOfWork) -> Any:
    """Two processes may take up the same documents at once."""
    on_postgresql = uow.session.get_bind().dialect.name == "postgresql"
    statement: Any = postgresql_insert(polls) if on_postgresql else sqlite_insert(polls)
    return statement.on_conflict_do_nothing(index_elements=["document_id"])
