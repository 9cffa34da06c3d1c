"""Lists in pages, by a cursor on the id: stable while records come and go."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.errors import FieldError, Malformed
from shared.ids import is_id

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: `items` in order, `next` is the cursor of the following page or None at the end."""

    items: list[T]
    next: str | None


def fetch_page(
    session: Session,
    statement: Select[T],
    key: InstrumentedAttribute[Any],
    *,
    limit: int,
    after: str | None,
    newest_first: bool = False,
) -> Page[T]:
    """Run `statement` for one page in the order of `key`, the id column of what it selects.

    limit  most items on the page, from 1
    after  cursor of the page before; raises Malformed (pointer `/after`) for one that we did not give
    """
    if after is not None:
        last = read_cursor(after)
        statement = statement.where(key < last if newest_first else key > last)
    statement = statement.order_by(key.desc() if newest_first else key.asc()).limit(limit + 1)
    found = list(session.scalars(statement))
    more = len(found) > limit
    items = found[:limit]
    return Page(items, _encode(getattr(items[-1], key.key)) if more else None)


def _encode(record_id: str) -> str:
    return base64.urlsafe_b64encode(record_id.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the id after which a page begins; raises Malformed (pointer `/after`) for one that we did not give."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not is_id(text):
        raise Malformed("The cursor is not one of ours.", errors=[FieldError("/after", "cursor", "Unknown cursor.")])
    return text
