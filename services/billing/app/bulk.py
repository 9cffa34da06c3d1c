"""Decisions about many dispatches at once, each in a transaction of its own: one that fails stops no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from services.billing.app.desk import retry_dispatch
from services.billing.domain.errors import reason_of
from services.billing.models import Dispatch
from shared.db import UnitOfWork
from shared.errors import UrakkaError

MOST = 200
"""Dispatches that one call takes: with a few milliseconds each it answers within seconds."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A dispatch that could not take the step, and why. reason: what `reasons.explain` knows it by."""

    dispatch_id: str
    code: str
    detail: str
    reason: str


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a bulk retry. left: others of the same reason beyond `MOST`; call again."""

    retried: Sequence[str]
    refused: Sequence[Refusal]
    left: int


def retry_many(begin: Callable[[], UnitOfWork], dispatch_ids: Sequence[str], *, now: datetime) -> Retried:
    """Retry each of these, at most `MOST`."""
    retried, refused = [], []
    for dispatch_id in dispatch_ids[:MOST]:
        try:
            retry_dispatch(begin(), dispatch_id, None, now=now)
            retried.append(dispatch_id)
        except UrakkaError as error:
            refused.append(Refusal(dispatch_id, error.code, error.detail, reason_of(error)))
    return Retried(retried, refused, max(0, len(dispatch_ids) - MOST))


def retry_reason(begin: Callable[[], UnitOfWork], code: str, connection_id: str | None, *, now: datetime) -> Retried:
    """Retry all that a person must look at for this reason, the oldest first; of one connection, or of all if None.

    Those are rejected, or accepted with something left to do in the target that failed.
    """
    has_failed = or_(Dispatch.state == "rejected", and_(Dispatch.state == "accepted", Dispatch.needs_person))
    statement = select(Dispatch.id).where(has_failed, Dispatch.error_code == code)
    if connection_id is not None:
        statement = statement.where(Dispatch.connection_id == connection_id)
    with begin() as uow:
        found = uow.session.scalars(statement.order_by(Dispatch.id)).all()
    return retry_many(begin, found, now=now)
