"""Raw requests and answers of an attempt, as they are stored: without any secret of the connection."""

import base64
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from sqlalchemy import delete, select

from services.billing.domain.exchanges import Exchange
from services.billing.models import AttemptTrace, statements
from shared.context import system_context
from shared.db import Database, UnitOfWork
from shared.ids import first_id_of

_TRACES = statements.table_of(AttemptTrace)
_SLICE = 500

MOST_EXCHANGES = 20
"""The last ones of an attempt are kept: the document itself is sent last."""

_SHORTEST_SECRET = 4
"""A shorter one is no secret, and hiding it would make texts unreadable."""


class Mask:
    """Hides the secrets of a connection wherever they stand, in the writings that requests use."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets as a person entered them."""
        writings: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                writings |= set(_writings(secret))
        # The longer ones first: a secret may be part of another writing.
        self._writings = sorted(writings, key=len, reverse=True)

    def hide(self, text: str | None) -> str | None:
        """The text with every secret replaced by `***`."""
        if text is None:
            return None
        for writing in self._writings:
            text = text.replace(writing, "***")
        return text

    def __repr__(self) -> str:
        return "Mask()"


def _writings(secret: str) -> Iterator[str]:
    """The secret as it stands in addresses, JSON, XML and Basic authentication."""
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield base64.b64encode(secret.encode()).decode()
    for ascii_only in (True, False):
        yield json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    yield escape(secret)
    yield escape(secret, {'"': "&quot;", "'": "&apos;"})


def stored_form(exchanges: Sequence[Exchange], mask: Mask) -> list[dict[str, Any]]:
    """The exchanges as they are stored, oldest first."""
    return [_stored(exchange, mask) for exchange in exchanges[-MOST_EXCHANGES:]]


def write_trace(uow: UnitOfWork, dispatch_id: str, attempt_id: str, trace: Sequence[dict[str, Any]]) -> None:
    """Store what was said in an attempt, in the caller's transaction; nothing if nothing was said."""
    if trace:
        row = {
            "attempt_id": attempt_id,
            "tenant_id": uow.context.tenant_id,
            "dispatch_id": dispatch_id,
            "exchanges": list(trace),
        }
        uow.session.connection().execute(statements.INSERT_TRACE, row)


def forget_traces(database: Database, before: datetime, stop: threading.Event | None = None) -> int:
    """Delete what was said in attempts that began before a moment, of all tenants; returns how many.

    In slices of their own transactions, so that nobody waits for it. The history itself stays. Ids tell the time of
    their making (UUIDv7), so nothing else is read.
    """
    first_kept = first_id_of(before)
    forgotten = 0
    while stop is None or not stop.is_set():
        with database.begin(system_context("traces")) as uow:
            connection = uow.session.connection()
            old = select(_TRACES.c.attempt_id).where(_TRACES.c.attempt_id < first_kept).limit(_SLICE)
            ids = connection.execute(old).scalars().all()
            if not ids:
                break
            connection.execute(delete(_TRACES).where(_TRACES.c.attempt_id.in_(ids)))
            uow.commit()
        forgotten += len(ids)
    return forgotten


def traces_of(uow: UnitOfWork, dispatch_id: str) -> dict[str, list[dict[str, Any]]]:
    """Attempt id → its exchanges, of a dispatch."""
    found = uow.session.execute(
        select(AttemptTrace.attempt_id, AttemptTrace.exchanges).where(AttemptTrace.dispatch_id == dispatch_id)
    )
    return {row.attempt_id: row.exchanges for row in found}


def _stored(exchange: Exchange, mask: Mask) -> dict[str, Any]:
    told = asdict(exchange)
    for name in ("url", "request_body", "answer_body", "fault"):
        told[name] = mask.hide(told[name])
    for name in ("request_headers", "answer_headers"):
        told[name] = {header: mask.hide(value) for header, value in told[name].items()}
    return told
