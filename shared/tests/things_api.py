"""The HTTP side of the little service of the tests: made with the same factory as the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask import Flask
from marshmallow import fields, validate
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from shared.bus.envelope import NewEvent
from shared.bus.outbox import Outbox
from shared.bus.wakeup import LocalWakeup
from shared.config import Config
from shared.db import Database, UnitOfWork, check_version, get_or_404
from shared.db.paging import fetch_page
from shared.http import (
    Blueprint,
    DecimalString,
    IdString,
    PageQuery,
    Schema,
    Text,
    begin,
    create_app,
    creation_request,
    expected_version,
    page_schema,
    public,
    read,
    requires,
    with_etag,
)
from shared.ids import new_id
from shared.service import Runtime, ServiceDefinition, SnapshotItem
from shared.telemetry import get_logger
from shared.testing.service import SERVICE_TOKEN, WrittenTokens
from shared.tests.things import FIRM, Base, Part, Thing

log = get_logger("things")
SERVICE_NAME = "identity"
"""The events of the tests are identity's: the catalogue knows no service of things."""


class PartIn(Schema):
    name = Text(20, min_length=1, required=True, metadata={"description": "Name of the part"})
    quantity = DecimalString(3, minimum=Decimal(0), metadata={"description": "In pieces"})


class ThingIn(Schema):
    id = IdString(metadata={"description": "The client's own id"})
    code = Text(40, min_length=1, required=True, metadata={"description": "Unique in the firm"})
    amount = DecimalString(2, minimum=Decimal("-100"), maximum=Decimal("1000"))
    secret = Text(80)
    parts = fields.List(fields.Nested(PartIn), load_default=list, validate=validate.Length(max=5))


class ThingChange(Schema):
    secret = Text(80, required=True)


class ThingOut(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    amount = DecimalString(2, allow_none=True)
    version = fields.Integer(required=True)


class ThingQuery(PageQuery):
    code = Text(40, metadata={"description": "Only this one"})


things = Blueprint("things", __name__, url_prefix="/things", description="Things & their <parts>")


@things.get("")
@requires("things.read")
@things.arguments(ThingQuery, location="query")
@things.response(200, page_schema(ThingOut))
def list_things(query: dict[str, Any]) -> Any:
    """List things"""
    statement = select(Thing)
    if "code" in query:
        statement = statement.where(Thing.code == query["code"])
    with read() as uow:
        return fetch_page(uow.session, statement, Thing.id, limit=query["limit"], after=query["after"])


@things.get("/<thing_id>")
@requires("things.read", "things.write")
@things.response(200, ThingOut)
def show_thing(thing_id: str) -> Thing:
    """Show a thing"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Thing, thing_id))


@things.post("")
@requires("things.write")
@things.arguments(ThingIn)
@things.response(201, ThingOut)
def create_thing(body: dict[str, Any]) -> Thing:
    """Create a thing"""
    creation = creation_request("thing", body)
    log.info("things.asked", scope=creation.scope)
    uow = begin()
    with uow:
        if old := uow.repeated(creation):
            return with_etag(uow.session.get_one(Thing, old))
        parts = [Part(name=part["name"]) for part in body["parts"]]
        thing = Thing(id=creation.id, code=body["code"], amount=body.get("amount"), parts=parts)
        thing.secret = body.get("secret")
        uow.session.add(thing)
        uow.created(creation, creation.id)
        uow.emit(tenant_changed())
        uow.commit()
    return with_etag(thing)


@things.patch("/<thing_id>")
@requires("things.write")
@things.arguments(ThingChange)
@things.response(200, ThingOut)
def change_thing(body: dict[str, Any], thing_id: str) -> Thing:
    """Change a thing"""
    version = expected_version(required=True)
    with begin() as uow:
        thing = get_or_404(uow.session, Thing, thing_id, for_update=True)
        check_version(thing, version)
        thing.secret = body["secret"]
        uow.commit()
    return with_etag(thing)


@things.post("/orphan")
@requires("things.write")
@things.response(204)
def make_orphan() -> None:
    """Store a part of a thing that is not there"""
    _store(Part(thing_id=new_id(), name="x"))


@things.post("/nameless")
@requires("things.write")
@things.response(204)
def make_nameless() -> None:
    """Store what a check of ours should have refused"""
    _store(Thing(code=None))


def _store(record: Part | Thing) -> None:
    with begin() as uow:
        uow.session.add(record)
        uow.commit()


@things.post("/break")
@requires("things.write")
@things.arguments(ThingChange)
@things.response(204)
def break_down(body: dict[str, Any]) -> None:
    """Fail as a bug would"""
    raise RuntimeError("a bug, with a detail for us: shelf 7")


@things.get("/open")
@public
@things.response(204)
def answer_anybody() -> None:
    """Answer without a token"""


def tenant_changed() -> NewEvent:
    """Return an event that the catalogue knows."""
    data = {"id": FIRM, "name": "Firma Oy", "business_id": None, "archived": False}
    return NewEvent("tenant.changed.v1", "tenant", FIRM, 1, data)


def snapshot(uow: UnitOfWork, after: str | None, limit: int) -> Iterable[SnapshotItem]:
    """Give the things of all tenants in the order of their ids."""
    statement = select(Thing).order_by(Thing.id).limit(limit)
    if after is not None:
        statement = statement.where(Thing.id > after)
    for thing in uow.session.scalars(statement):
        data = {"code": thing.code}
        yield SnapshotItem(thing.id, thing.tenant_id, thing.version, "2026-11-21T12:00:00.000Z", data)


THINGS = ServiceDefinition(
    name=SERVICE_NAME,
    title="Urakka: things",
    description="Things of the tests.",
    blueprints=(things,),
    metadata=Base.metadata,
    snapshots={"thing": snapshot},
)


class ThingsApi:
    """The service on one database, and a client that calls it."""

    def __init__(self, engine: Engine, **config: Any) -> None:
        self.engine = engine
        wakeup = LocalWakeup()
        self.database = Database(engine, event_sink=Outbox(SERVICE_NAME).append, nudge=wakeup.nudge)
        settings = {"service_token": SERVICE_TOKEN, **config}
        runtime = Runtime(Config(SERVICE_NAME, "", **settings), self.database, wakeup, WrittenTokens())
        self.app: Flask = create_app(THINGS, runtime)

    def call(
        self, method: str, path: str, *, may: Iterable[str] | None = ("things.read", "things.write"), **options: Any
    ) -> TestResponse:
        """Send a request; `path` begins at `/things` or at the root; `may` None sends no token."""
        headers = dict(options.pop("headers", {}))
        if may is not None:
            token = json.dumps({"sub": new_id(), "tid": options.pop("tenant_id", FIRM), "perms": list(may)})
            headers.setdefault("Authorization", f"Bearer {token}")
        if path.startswith("/things"):
            path = f"/api/{SERVICE_NAME}/v1{path}"
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def create(self, code: str = "a", **body: Any) -> Any:
        """Create a thing, return its JSON."""
        answer = self.call("POST", "/things", json={"code": code, **body})
        assert answer.status_code == 201, answer.text
        return answer.json
