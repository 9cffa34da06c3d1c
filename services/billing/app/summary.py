"""The dispatch desk at a glance: how many, in which state, for what reason, and how old."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from services.billing.app.waiting import HELD_UP, stopped_connections
from services.billing.models import Dispatch
from shared.db import UnitOfWork

UNFINISHED = ("waiting", "sending", "rejected", "unclear")


@dataclass(frozen=True, slots=True)
class Count:
    """count dispatches that share `key` (names → values); oldest_at: when the oldest of them was made."""

    key: dict[str, str]
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a tenant's dispatches.

    states        by state; all of them.
    targets       by target, connection and state; unfinished ones only.
    reasons       by reason code and target; the rejected ones, and the accepted ones with something left to do in the
                  target that failed.
    attention     rejected, unclear or unfinished beyond what the machine can settle, or held up by a connection that is
                  paused or switched off: somebody must act.
    differing     accepted, but the target shows other totals than ours.
    oldest_at     of the unfinished, None if all is done; oldest_unclear_at: since when the oldest is unclear.
    """

    states: Sequence[Count]
    targets: Sequence[Count]
    reasons: Sequence[Count]
    attention: int
    differing: int
    oldest_at: datetime | None
    oldest_unclear_at: datetime | None


def summarise(uow: UnitOfWork) -> Summary:
    """Count all dispatches of the tenant: one query over its index, one of the connections."""
    differs = func.sum(case((Dispatch.difference.is_not(None), 1), else_=0))
    keys = (Dispatch.state, Dispatch.target, Dispatch.connection_id, Dispatch.error_code, Dispatch.needs_person)
    statement = select(
        *keys, func.count(), func.min(Dispatch.created_at), func.min(Dispatch.unclear_since), differs
    ).group_by(*keys)
    with uow:
        groups = [_Group(*row) for row in uow.session.execute(statement)]
        stopped = frozenset(uow.session.scalars(stopped_connections()))
    unfinished = [group for group in groups if group.state in UNFINISHED]
    failed = [group for group in groups if group.state == "rejected" or group.is_left_undone]
    attention = [
        group
        for group in groups
        if group.state == "rejected"
        or group.needs_person
        or (group.state in HELD_UP and group.connection_id in stopped)
    ]
    unclear = [group.unclear_since for group in groups if group.unclear_since is not None]
    return Summary(
        states=_counts(groups, "state"),
        targets=_counts(unfinished, "target", "connection_id", "state"),
        reasons=_counts(failed, "error_code", "target"),
        attention=sum(group.count for group in attention),
        differing=sum(group.differing for group in groups),
        oldest_at=min((group.oldest_at for group in unfinished), default=None),
        oldest_unclear_at=min(unclear, default=None),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    state: str
    target: str
    connection_id: str
    error_code: str | None
    needs_person: bool
    count: int
    oldest_at: datetime
    unclear_since: datetime | None
    differing: int

    @property
    def is_left_undone(self) -> bool:
        """The target has the document, but what should follow there failed."""
        return self.state == "accepted" and self.needs_person and self.error_code is not None


def _counts(groups: Iterable[_Group], *names: str) -> list[Count]:
    """Groups added up by the names, the most numerous first."""
    added: dict[tuple[Any, ...], Count] = {}
    for group in groups:
        key = tuple(getattr(group, name) or "" for name in names)
        before = added.get(key)
        count = group.count + (before.count if before else 0)
        oldest = min(group.oldest_at, before.oldest_at) if before else group.oldest_at
        added[key] = Count(dict(zip(names, key, strict=True)), count, oldest)
    return sorted(added.values(), key=lambda each: (-each.count, tuple(each.key.values())))
