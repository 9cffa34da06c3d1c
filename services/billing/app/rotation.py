"""Changing the key that seals the secrets of connections."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from services.billing.app.connections import purpose_of
from services.billing.models import Connection
from shared.context import system_context
from shared.crypto import SecretBox, UnreadableSecret
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Rotated:
    """sealed: connections that were sealed anew; already: those that the new key opened before.

    unreadable  ids of connections that neither key opens: their secrets must be entered again.
    """

    sealed: int
    already: int
    unreadable: tuple[str, ...]


def rotate_secrets(database: Database, old: SecretBox, new: SecretBox) -> Rotated:
    """Seal the secrets of all tenants' connections with `new`; may be repeated, also after it was interrupted.

    The version of a connection stays, since nothing of it that people see has changed. One transaction: either all of
    them open with the new key afterwards or none was touched. While processes with the old key still run, they cannot
    open connections anew: stop them, rotate, start them with the new key.
    """
    table: Any = Connection.__table__
    sealed, already, unreadable = 0, 0, []
    with database.begin(system_context("rotate-secrets")) as uow:
        connection = uow.session.connection()
        rows = connection.execute(select(table.c.id, table.c.secrets).order_by(table.c.id).with_for_update()).all()
        for row in rows:
            purpose = purpose_of(row.id)
            if _opens(new, row.secrets, purpose):
                already += 1
                continue
            try:
                plain = old.open(row.secrets, purpose)
            except UnreadableSecret:
                unreadable.append(row.id)
                continue
            again = new.seal(plain, purpose)
            connection.execute(update(table).where(table.c.id == row.id).values(secrets=again))
            sealed += 1
        uow.commit()
    return Rotated(sealed, already, tuple(unreadable))


def _opens(box: SecretBox, sealed: bytes, purpose: bytes) -> bool:
    try:
        box.open(sealed, purpose)
    except UnreadableSecret:
        return False
    return True
