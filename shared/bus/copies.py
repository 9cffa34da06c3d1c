"""Read copies: the few foreign fields that a service keeps, fed by full-state events.

A copy never goes backwards: the upsert is guarded by the aggregate's version, so duplicates and disorder need
nothing more. Deleting is a tombstone with a version; the row stays, and a late older event cannot bring it
back. What must be true *now* (a permission, a credit hold at approval) must not come from a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, inspect
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.bus import metrics
from shared.bus.envelope import Event
from shared.bus.inbox import STALE_MARK
from shared.clock import utc_now
from shared.db import TenantScoped, UnitOfWork, UtcDateTime
from shared.db.mixins import ID


class CopyRow(TenantScoped):
    """A row of a table `copy_<aggregate>`; the service adds its own fields, all nullable or with a default.

    id           the aggregate's id at its owner
    version      the aggregate's version that the fields are of
    source_time  when that version came to be
    seen_at      when we stored it
    deleted      tombstone: the owner has no such thing any more
    """

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    source_time: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted: Mapped[bool] = mapped_column(default=False)


def apply_copy(
    uow: UnitOfWork,
    model: type[CopyRow],
    event: Event,
    values: Mapping[str, Any],
    *,
    deleted: bool = False,
    now: datetime | None = None,
) -> bool:
    """Store what `event` says about its aggregate, if it is newer than what the copy has.

    values   the model's own fields by attribute name (column name), complete; may be empty for a tombstone.
    deleted  make the row a tombstone.
    Returns False if the copy has the same or a newer version already, or the row is another tenant's:
    nothing was changed, and the event counts as *stale*.
    """
    table: Any = inspect(model).local_table
    session = uow.session
    insert: Any = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    common = {
        "version": event.aggregate_version,
        "source_time": event.time,
        "seen_at": now or utc_now(),
        "deleted": deleted,
    }
    row = {"id": event.aggregate_id, "tenant_id": event.tenant_id, **common, **values}
    statement = insert(table).values(row)
    newer = (table.c.version < statement.excluded.version) & (table.c.tenant_id == statement.excluded.tenant_id)
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.id], set_={**common, **values}, where=newer
    ).returning(table.c.version)
    session.flush()
    applied = session.execute(statement).scalar_one_or_none() is not None
    if applied:
        _forget_loaded(session, model, event.aggregate_id)
    else:
        session.info[STALE_MARK] = True
        metrics.copy_stale_total.labels(table.name).inc()
    return applied


def _forget_loaded(session: Session, model: type[CopyRow], row_id: str) -> None:
    """An object that was loaded before the upsert would show old values: let it be read again."""
    loaded = session.identity_map.get(inspect(model).identity_key_from_primary_key((row_id,)))
    if loaded is not None:
        session.expire(loaded)
