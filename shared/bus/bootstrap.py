"""Filling a new read copy from its owner, without a gap and without stopping anybody.

The queue is declared and bound first, so that changes pile up; then the owner's snapshot is read page by
page and goes through the same handler as the events do; then the queue is consumed. Whatever happened
meanwhile is in the queue, and the version guard sorts it. The progress is stored after each page, so it
resumes and runs once.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import requests
import structlog
from sqlalchemy import insert, select, update

from shared.bus import metrics
from shared.bus.consumer import Consumer, CopySource, handler_context
from shared.bus.envelope import Event
from shared.bus.tables import copy_state
from shared.clock import utc_now
from shared.context import new_traceparent, system_context, use_context
from shared.db import Database
from shared.ids import new_id

_log = structlog.get_logger(module=__name__)

PAGE_LIMIT = 500


class SnapshotUnavailable(Exception):
    """The owner did not answer, or not with a snapshot page; to be tried again later."""


@dataclass(frozen=True, slots=True)
class SnapshotItem:
    """One aggregate as its owner has it now; `data` is what its event would carry."""

    id: str
    version: int
    tenant_id: str
    time: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """Some items in order of their ids; `next` continues after them, None ends."""

    items: Sequence[SnapshotItem]
    next: str | None


class SnapshotSource(Protocol):
    """Gives pages of the present state of an owner's aggregates, of all tenants."""

    def pages(self, source: CopySource, after: str | None, limit: int) -> Iterator[SnapshotPage]:
        """Yield pages from `after` (None: the start) to the end; raises SnapshotUnavailable."""
        ...


class HttpSnapshots:
    """Reads `GET {base}/internal/v1/snapshot/{aggregate}?after=&limit=` of the owner's HTTP API."""

    def __init__(self, base_url: str, token: str, *, timeout_s: float = 30.0) -> None:
        """Take the address (`{service}` stands for the owner) and the service token; connects later."""
        self._base_url = base_url
        self._token = token
        self._timeout_s = timeout_s

    def pages(self, source: CopySource, after: str | None, limit: int) -> Iterator[SnapshotPage]:
        """See `SnapshotSource.pages`; each page has its own deadline."""
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self._token}"
            cursor = after
            while True:
                page = self._page(session, source, cursor, limit)
                yield page
                if page.next is None:
                    return
                if page.next == cursor:
                    raise SnapshotUnavailable(f"{source.service} repeats the page after {cursor}")
                cursor = page.next

    def _page(self, session: requests.Session, source: CopySource, after: str | None, limit: int) -> SnapshotPage:
        base = self._base_url.replace("{service}", source.service).rstrip("/")
        asked: dict[str, str] = {"limit": str(limit), **({"after": after} if after else {})}
        try:
            answer = session.get(
                f"{base}/internal/v1/snapshot/{source.aggregate}",
                params=asked,
                timeout=(5, self._timeout_s),
                allow_redirects=False,
            )
            if answer.status_code != 200:
                raise SnapshotUnavailable(f"{source.service} answered {answer.status_code}")
            return _read_page(answer.json())
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise SnapshotUnavailable(f"{source.service}: {type(error).__name__}") from error


def _read_page(document: Any) -> SnapshotPage:
    items = [
        SnapshotItem(
            id=str(item["id"]),
            version=int(item["version"]),
            tenant_id=str(item["tenant_id"]),
            time=datetime.fromisoformat(item["time"]),
            data=dict(item["data"]),
        )
        for item in document["items"]
    ]
    return SnapshotPage(items, document["next"])


def fill_copy(
    database: Database,
    consumer: Consumer,
    source: CopySource,
    snapshots: SnapshotSource,
    *,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
    limit: int = PAGE_LIMIT,
) -> int:
    """Fill one copy, unless that was done before; returns the number of items taken now.

    Items go through the consumer's handler of `source.type`, each tenant's in a transaction of its own.
    Ends early after a page when `stop` is set. Raises SnapshotUnavailable; what was taken until then stays.
    """
    name = f"{consumer.name}:{source.aggregate}"
    progress = _Progress(database, name, clock)
    if not progress.begin():
        return 0
    taken = 0
    for page in snapshots.pages(source, progress.cursor, limit):
        _apply_page(database, consumer, source, page)
        progress.advance(page)
        taken += len(page.items)
        metrics.copy_filled_total.labels(name).inc(len(page.items))
        if stop is not None and stop.is_set() and page.next is not None:
            return taken
    _log.info("copy.filled", copy=name, items=taken)
    return taken


def _apply_page(database: Database, consumer: Consumer, source: CopySource, page: SnapshotPage) -> None:
    handler = consumer.handlers[source.type]
    by_tenant = sorted(page.items, key=lambda item: item.tenant_id)
    for _, items in itertools.groupby(by_tenant, key=lambda item: item.tenant_id):
        events = [_as_event(item, source) for item in items]
        context = handler_context(consumer.name, events[0])
        with use_context(context), database.begin(context) as uow:
            for event in events:
                handler(uow, event)
            uow.commit()


def _as_event(item: SnapshotItem, source: CopySource) -> Event:
    """The event that would say what the snapshot says; it has no inbox row, the version alone guards it."""
    event_id = new_id()
    return Event(
        id=event_id,
        type=source.type,
        service=source.service,
        subject=item.id,
        time=item.time,
        aggregate_type=source.aggregate,
        aggregate_version=item.version,
        partition_key=item.id,
        correlation_id=event_id,
        causation_id=None,
        tenant_id=item.tenant_id,
        traceparent=new_traceparent(),
        data=item.data,
    )


class _Progress:
    """The row of `copy_state` of one copy."""

    def __init__(self, database: Database, name: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._name = name
        self._clock = clock
        self._context = system_context("copies")
        self.cursor: str | None = None

    def begin(self) -> bool:
        """Read or make the row; False if the copy is filled already."""
        with self._database.begin(self._context) as uow:
            found = uow.session.execute(select(copy_state).where(copy_state.c.name == self._name)).one_or_none()
            if found is None:
                uow.session.execute(insert(copy_state).values(name=self._name, started_at=self._clock(), taken=0))
                uow.commit()
                return True
        self.cursor = found.cursor
        return found.finished_at is None

    def advance(self, page: SnapshotPage) -> None:
        with self._database.begin(self._context) as uow:
            uow.session.execute(
                update(copy_state)
                .where(copy_state.c.name == self._name)
                .values(
                    cursor=page.next,
                    taken=copy_state.c.taken + len(page.items),
                    finished_at=None if page.next is not None else self._clock(),
                )
            )
            uow.commit()
