"""Dispatches: documents on their way into accounting systems."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.billing.domain import dispatch as machine
from services.billing.models.base import Base, Scoped
from shared.db import Json, UtcDateTime, Versioned
from shared.db.mixins import ID

_DUE = text("due_at IS NOT NULL")


class Dispatch(Scoped, Versioned, Base):
    """The state machine of one document and one connection (`services.billing.domain.dispatch`).

    due_at          when something automatic happens next; null: nothing does.
    payload_sha256  of the bytes last sent. difference: totals that the target shows otherwise.
    correlation_id, traceparent  of the approval that led here; its announcement carries them on.
    """

    __tablename__ = "dispatches"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id", "connection_id", name="uq_dispatches_document"),
        Index("ix_dispatches_due", "due_at", "connection_id", postgresql_where=_DUE, sqlite_where=_DUE),
        Index("ix_dispatches_state", "tenant_id", "state", "id"),
    )

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))
    target: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    failed_asks: Mapped[int] = mapped_column(default=0)
    resend: Mapped[bool] = mapped_column(default=False)
    needs_person: Mapped[bool] = mapped_column(default=False)
    payload_sha256: Mapped[str | None] = mapped_column(String(64))
    target_id: Mapped[str | None] = mapped_column(String(200))
    target_number: Mapped[str | None] = mapped_column(String(200))
    difference: Mapped[list[dict[str, str]] | None] = mapped_column(Json)
    error_code: Mapped[str | None] = mapped_column(String(100))
    error_detail: Mapped[str | None] = mapped_column(Text)
    error_pointer: Mapped[str | None] = mapped_column(String(200))
    unclear_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    correlation_id: Mapped[str] = mapped_column(String(80))
    traceparent: Mapped[str] = mapped_column(String(60))

    @property
    def follow_up(self) -> str | None:
        """What an accepted document still needs in the target: waiting, failed, or None if nothing."""
        if self.state != machine.DispatchState.ACCEPTED:
            return None
        if self.needs_person:
            return "failed"
        return None if self.due_at is None else "waiting"

    @property
    def record(self) -> machine.Dispatch:
        """The dispatch as the state machine knows it."""
        return machine.Dispatch(
            state=machine.DispatchState(self.state),
            due_at=self.due_at,
            attempts=self.attempts,
            tries=self.tries,
            looks=self.looks,
            failed_asks=self.failed_asks,
            resend=self.resend,
        )


def record_columns(record: machine.Dispatch) -> dict[str, Any]:
    """The columns that show a dispatch of the state machine."""
    return {
        "state": str(record.state),
        "due_at": record.due_at,
        "attempts": record.attempts,
        "tries": record.tries,
        "looks": record.looks,
        "failed_asks": record.failed_asks,
        "resend": record.resend,
    }


class DispatchAttempt(Scoped, Base):
    """What was done: a `send`, `look`, `follow_up` or `replay`, a preparation that failed, a decision of a `person`.

    A call is written here when it has ended; while it runs, and after a crash, the dispatch itself tells its number and
    hash, and the line of the lapsed lease follows.
    """

    __tablename__ = "dispatch_attempts"
    __table_args__ = (Index("ix_dispatch_attempts_dispatch", "dispatch_id", "id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    dispatch_id: Mapped[str] = mapped_column(ForeignKey("dispatches.id"))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    actor: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    document_key: Mapped[str] = mapped_column(String(40))
    payload_sha256: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)


class AttemptTrace(Scoped, Base):
    """What was said on the wire in one attempt, without secrets; apart from `DispatchAttempt`, since it is large."""

    __tablename__ = "attempt_traces"
    __table_args__ = (Index("ix_attempt_traces_dispatch", "dispatch_id"),)

    attempt_id: Mapped[str] = mapped_column(ForeignKey("dispatch_attempts.id"), primary_key=True)
    dispatch_id: Mapped[str] = mapped_column(ID)
    exchanges: Mapped[list[dict[str, Any]]] = mapped_column(Json)
