"""Finding one record and checking its version, with the errors that callers are meant to see."""

from __future__ import annotations

from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from shared.errors import NotFound, VersionMismatch
from shared.ids import is_id

T = TypeVar("T")


class HasVersion(Protocol):
    """Anything with a version."""

    version: int


def get_or_404(session: Session, model: type[T], record_id: str, *, for_update: bool = False) -> T:
    """Return the record with this id; raises NotFound if there is none or it belongs to another tenant.

    for_update  lock the row to the end of the transaction (PostgreSQL; a writing transaction on SQLite holds the
                only write lock anyway).
    """
    found = session.get(model, record_id, with_for_update=True if for_update else None) if is_id(record_id) else None
    if found is None:
        raise NotFound(f"There is no {model.__name__.lower()} with the id {record_id}.")
    return found


def check_version(record: HasVersion, expected: int | None) -> None:
    """Compare with the version in If-Match; None means that the caller named none. Raises VersionMismatch."""
    if expected is not None and record.version != expected:
        raise VersionMismatch(
            f"The record has version {record.version}, the request was made for version {expected}.",
            current_version=record.version,
        )
