"""Sealing the secrets of a service anew, with another key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute

from shared.context import system_context
from shared.crypto import SecretBox, UnreadableSecret
from shared.db.database import Database

ROWS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A mapped column of secrets (`bytes`, or None where there is none) of a table whose key is `id`.

    called   what a record of it is for people, e.g. `webhook`
    purpose  id of a record → what its secret is sealed for
    """

    column: InstrumentedAttribute[Any]
    called: str
    purpose: Callable[[str], bytes] = str.encode


@dataclass(slots=True)
class Rotated:
    """sealed: secrets that were sealed anew; already: those that had the newest key before.

    unreadable  what no key opens, e.g. `webhook 0193…`: it must be entered again.
    """

    sealed: int = 0
    already: int = 0
    unreadable: list[str] = field(default_factory=list)


def seal_anew(database: Database, columns: Sequence[SealedColumn], box: SecretBox) -> Rotated:
    """Seal all secrets of all tenants with the newest key of `box`.

    May run beside processes that have the same keys, be interrupted on any line and be repeated: some secrets at a time
    change in a transaction of their own, and those that have the newest key stay. The version of a record stays too,
    since nothing of it that people see has changed.
    """
    rotated = Rotated()
    for column in columns:
        after: str | None = ""
        while after is not None:
            after = _seal_some(database, column, box, after, rotated)
    return rotated


def _seal_some(database: Database, column: SealedColumn, box: SecretBox, after: str, rotated: Rotated) -> str | None:
    """Return the id of the last record that was looked at; None if there is nothing more."""
    table: Any = column.column.class_.__table__
    secret = table.c[column.column.key]
    statement = select(table.c.id, secret).where(table.c.id > after, secret.is_not(None)).order_by(table.c.id)
    with database.begin(system_context("rotate-secrets")) as uow:
        connection = uow.session.connection()
        rows = connection.execute(statement.limit(ROWS_AT_ONCE).with_for_update()).all()
        for record_id, sealed in rows:
            purpose = column.purpose(record_id)
            if box.is_newest(sealed, purpose):
                rotated.already += 1
                continue
            try:
                again = box.seal(box.open(sealed, purpose), purpose)
            except UnreadableSecret:
                rotated.unreadable.append(f"{column.called} {record_id}")
                continue
            connection.execute(update(table).where(table.c.id == record_id).values({secret: again}))
            rotated.sealed += 1
        uow.commit()
    return rows[-1][0] if rows else None
