"""Filling copies from their owner, and what a copy does with versions, tenants and tombstones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from sqlalchemy import Engine, select

from shared.bus.bootstrap import HttpSnapshots, SnapshotUnavailable, fill_copy
from shared.bus.catalogue import default_catalogue
from shared.bus.consumer import Consumer, CopySource
from shared.bus.copies import apply_copy
from shared.bus.envelope import Event
from shared.bus.tables import copy_state
from shared.context import Context, system_context
from shared.db import Database, UnitOfWork
from shared.db.metadata import INFRASTRUCTURE
from shared.tests.conformance.world import Base, ProductCopy

SOURCE = CopySource("catalog", "product", "product.changed.v1")
SAMPLE = default_catalogue().get("product.changed.v1").samples[0].event


def handle(uow: UnitOfWork, event: Event) -> None:
    apply_copy(uow, ProductCopy, event, {"code": event.data["code"]})


CONSUMER = Consumer("billing.copies", {"product.changed.v1": handle}, copies=(SOURCE,))


@pytest.fixture
def database(any_engine: Engine) -> Database:
    INFRASTRUCTURE.create_all(any_engine)
    Base.metadata.create_all(any_engine)
    return Database(any_engine)


class Owner(ThreadingHTTPServer):
    """The owner's snapshot page over HTTP."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.items: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.broken_after: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Page(BaseHTTPRequestHandler):
    server: Owner

    def do_GET(self) -> None:
        asked = urlparse(self.path)
        query = parse_qs(asked.query)
        after = query.get("after", [""])[0]
        self.server.asked.append(after)
        if self.headers["Authorization"] != "Bearer token" or asked.path != "/internal/v1/snapshot/product":
            self.send_error(403)
            return
        if self.server.broken_after == after:
            self.send_error(500)
            return
        limit = int(query["limit"][0])
        rest = [item for item in self.server.items if item["id"] > after]
        page = {"items": rest[:limit], "next": rest[limit - 1]["id"] if len(rest) > limit else None}
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def owner() -> Iterator[Owner]:
    server = Owner()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def item(number: int, version: int = 1, tenant: str = "tenant-a") -> dict[str, Any]:
    return {
        "id": f"p{number:03d}",
        "version": version,
        "tenant_id": tenant,
        "time": "2026-11-21T10:00:00.000Z",
        "data": {**SAMPLE.data, "code": f"c{number}"},
    }


def copies(database: Database, tenant: str = "*") -> list[tuple[str, int, str | None]]:
    with database.read(Context(tenant, "test")) as uow:
        rows = uow.session.scalars(select(ProductCopy).order_by(ProductCopy.id))
        return [(row.id, row.version, row.code) for row in rows]


def product(number: int, version: int, code: str, tenant: str = "tenant-a") -> Event:
    return replace(
        SAMPLE,
        subject=f"p{number:03d}",
        aggregate_version=version,
        tenant_id=tenant,
        data={**SAMPLE.data, "code": code},
    )


def apply(database: Database, event: Event, **more: Any) -> bool:
    with database.begin(Context(event.tenant_id, "test")) as uow:
        applied = apply_copy(uow, ProductCopy, event, {"code": event.data["code"]}, **more)
        uow.commit()
    return applied


def test_a_copy_is_filled_page_by_page_for_all_tenants_and_only_once(database: Database, owner: Owner) -> None:
    owner.items = [item(n, tenant=f"tenant-{'ab'[n % 2]}") for n in range(25)]
    snapshots = HttpSnapshots(owner.url, "token")
    assert fill_copy(database, CONSUMER, SOURCE, snapshots, limit=10) == 25
    assert len(copies(database)) == 25
    assert len(copies(database, "tenant-a")) == 13
    assert owner.asked == ["", "p009", "p019"]
    assert fill_copy(database, CONSUMER, SOURCE, snapshots, limit=10) == 0
    assert len(owner.asked) == 3


def test_filling_goes_on_where_it_broke_off(database: Database, owner: Owner) -> None:
    owner.items = [item(n) for n in range(25)]
    owner.broken_after = "p009"
    snapshots = HttpSnapshots(owner.url, "token")
    with pytest.raises(SnapshotUnavailable, match="500"):
        fill_copy(database, CONSUMER, SOURCE, snapshots, limit=10)
    assert len(copies(database)) == 10
    owner.broken_after = None
    assert fill_copy(database, CONSUMER, SOURCE, snapshots, limit=10) == 15
    assert owner.asked == ["", "p009", "p009", "p019"]
    with database.read(system_context("test")) as uow:
        state = uow.session.execute(select(copy_state)).one()
    assert (state.taken, state.cursor) == (25, None)
    assert state.finished_at is not None


def test_filling_never_overwrites_a_newer_event(database: Database, owner: Owner) -> None:
    apply(database, product(1, 5, "newer"))
    owner.items = [item(1, version=4), item(2, version=4)]
    fill_copy(database, CONSUMER, SOURCE, HttpSnapshots(owner.url, "token"))
    assert copies(database) == [("p001", 5, "newer"), ("p002", 4, "c2")]


def test_an_owner_that_refuses_or_is_away_is_told(database: Database, owner: Owner) -> None:
    for snapshots in (HttpSnapshots(owner.url, "wrong"), HttpSnapshots("http://127.0.0.1:1", "token")):
        with pytest.raises(SnapshotUnavailable):
            fill_copy(database, CONSUMER, SOURCE, snapshots)


def test_a_tombstone_keeps_late_events_out(database: Database) -> None:
    assert apply(database, product(1, 1, "one"))
    assert apply(database, product(1, 3, "three"), deleted=True)
    assert not apply(database, product(1, 2, "two"))
    with database.read(Context("tenant-a", "test")) as uow:
        row = uow.session.scalars(select(ProductCopy)).one()
    assert (row.version, row.deleted) == (3, True)


def test_a_copy_of_another_tenant_is_never_touched(database: Database) -> None:
    assert apply(database, product(1, 1, "mine"))
    assert not apply(database, product(1, 2, "stolen", tenant="tenant-b"))
    assert copies(database) == [("p001", 1, "mine")]


def test_a_loaded_copy_shows_the_new_values(database: Database) -> None:
    apply(database, product(1, 1, "old"))
    with database.begin(Context("tenant-a", "test")) as uow:
        loaded = uow.session.get(ProductCopy, "p001")
        assert loaded is not None
        apply_copy(uow, ProductCopy, product(1, 2, "new"), {"code": "new"})
        assert loaded.code == "new"
