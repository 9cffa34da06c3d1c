"""The audit log: one row for each change of an `Audited` object, written in the same flush."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from shared.clock import utc_now
from shared.context import Context
from shared.db.mixins import Audited
from shared.db.tables import audit_log

_UNINTERESTING = frozenset({"tenant_id", "version", "created_at", "changed_at"})
_HIDDEN = "•••"


def write_audit_rows(session: Session, context: Context) -> None:
    """Write one audit row for each new, changed or deleted `Audited` object of the session (before it is flushed)."""
    rows = []
    for action, objects in (
        ("created", session.new),
        ("changed", session.dirty),
        ("deleted", session.deleted),
    ):
        for record in objects:
            if isinstance(record, Audited):
                changes = _changes(record, action)
                if changes or action == "deleted":
                    rows.append(_row(record, action, changes, context))
    if rows:
        session.connection().execute(audit_log.insert(), rows)


def _row(record: Any, action: str, changes: dict[str, Any], context: Context) -> dict[str, Any]:
    return {
        "tenant_id": getattr(record, "tenant_id", None) or context.tenant_id,
        "at": utc_now(),
        "actor": context.actor,
        "action": action,
        "entity": record.__tablename__,
        "entity_id": str(record.id),
        "changes": changes,
        "correlation_id": context.correlation_id,
    }


def _changes(record: Any, action: str) -> dict[str, Any]:
    state = inspect(record)
    hidden = frozenset(record.__audit_hidden__)
    left_out = _UNINTERESTING.union(record.__audit_left_out__)
    if action == "created":
        return _created(record, state, hidden, left_out)
    found: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        if name in left_out:
            continue
        history = state.attrs[name].history
        if not history.added and not history.deleted:
            continue
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if before == after:
            continue
        shown = (_HIDDEN, _HIDDEN) if name in hidden else (_plain(before), _plain(after))
        found[name] = {"from": shown[0], "to": shown[1]}
    return found


def _created(record: Any, state: Any, hidden: frozenset[str], left_out: frozenset[str]) -> dict[str, Any]:
    """Every field that a new record has; its values are all new, so asking for each one's history would be waste."""
    values = state.dict
    return {
        attribute.key: {"from": None, "to": _HIDDEN if attribute.key in hidden else _plain(value)}
        for attribute in state.mapper.column_attrs
        if attribute.key not in left_out and (value := values.get(attribute.key)) is not None
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return _HIDDEN
    return value
