"""A whole service behind a test client: real database, real HTTP layer, tokens that a test writes itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shared.bus.envelope import Event, decode
from shared.bus.outbox import Outbox
from shared.bus.tables import outbox
from shared.bus.wakeup import LocalWakeup
from shared.config import Config
from shared.context import Context
from shared.crypto import new_key_text
from shared.db import Database, UnitOfWork, make_engine, migrate
from shared.errors import NotAuthenticated
from shared.http import create_app
from shared.http.tokens import Claims
from shared.ids import new_id
from shared.service import Runtime, ServiceDefinition
from shared.testing.servers import temporary_database

ACTOR = "01939f6a-7c00-7cc0-8f00-0000000000aa"
SERVICE_TOKEN = "snapshot-token-of-the-tests"


class WrittenTokens:
    """Takes a token that is the claims themselves, as JSON; stands in for identity's keys."""

    def verify(self, token: str) -> Claims:
        """Return what the text says; raises NotAuthenticated for anything else."""
        try:
            claims = json.loads(token)
            sites = frozenset(claims.get("sites", ()))
            return Claims(str(claims["sub"]), str(claims["tid"]), frozenset(claims["perms"]), 2**31, sites)
        except (ValueError, KeyError, TypeError):
            raise NotAuthenticated("The token is not valid.") from None


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with permissions in one tenant, maybe limited to some sites, calling one service's API."""

    client: FlaskClient
    service: str
    tenant_id: str
    permissions: frozenset[str]
    sites: frozenset[str] = frozenset()
    actor: str = ACTOR

    def call(self, method: str, path: str, *, if_match: int | str | None = None, **options: Any) -> TestResponse:
        """Send a request; `path` is below `/api/<service>/v1`, `if_match` a version or a ready header."""
        claims = {"sub": self.actor, "tid": self.tenant_id, "perms": sorted(self.permissions)}
        token = json.dumps({**claims, "sites": sorted(self.sites)} if self.sites else claims)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"' if isinstance(if_match, int) else if_match
        return self.client.open(f"/api/{self.service}/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Send a GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Send a POST with a JSON body, or with what `options` say."""
        return self.call("POST", path, **({"json": body} if body is not None else {}), **options)

    def patch(self, path: str, body: Any, **options: Any) -> TestResponse:
        """Send a PATCH with a JSON body."""
        return self.call("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """Send a DELETE."""
        return self.call("DELETE", path, **options)


class ServiceUnderTest:
    """One service on one database."""

    def __init__(self, definition: ServiceDefinition, database_url: str) -> None:
        self.definition = definition
        self.engine = make_engine(database_url)
        migrate.upgrade(self.engine, definition.name)
        wakeup = LocalWakeup()
        sink = Outbox(definition.name).append
        self.database = Database(self.engine, event_sink=sink, nudge=wakeup.nudge, site_scope=definition.site_scope)
        config = Config(definition.name, database_url, service_token=SERVICE_TOKEN, secret_key=new_key_text())
        bare = Runtime(config, self.database, wakeup, WrittenTokens())
        self.runtime = Runtime(config, self.database, wakeup, WrittenTokens(), definition.extend(bare))
        self.app = create_app(definition, self.runtime)
        self.take_new_tenants()

    def take_new_tenants(self) -> None:
        """Let the next test begin with two tenants that have nothing, on the same database."""
        self.tenant_id = new_id()
        self.other_tenant_id = new_id()

    def caller(
        self, *permissions: str, tenant_id: str | None = None, sites: Iterable[str] = (), actor: str = ACTOR
    ) -> Caller:
        """Return somebody of the first tenant (or another) with these permissions, limited to `sites` if any."""
        tenant = tenant_id or self.tenant_id
        client = self.app.test_client()
        return Caller(client, self.definition.name, tenant, frozenset(permissions), frozenset(sites), actor)

    def begin(self, tenant_id: str | None = None) -> UnitOfWork:
        """Return a writing unit of work of the first tenant (or another)."""
        return self.database.begin(Context(tenant_id=tenant_id or self.tenant_id, actor=ACTOR))

    def events(self, *types: str) -> Sequence[Event]:
        """Return the first tenant's events in the outbox, oldest first; only those of `types` if any are named."""
        statement = select(outbox.c.payload).where(outbox.c.tenant_id == self.tenant_id).order_by(outbox.c.seq)
        with self.engine.connect() as connection:
            payloads: Iterable[bytes] = connection.scalars(statement).all()
        found = [decode(payload) for payload in payloads]
        return [event for event in found if not types or event.type in types]

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


@contextmanager
def service_under_test(definition: ServiceDefinition, kind: str, folder: Path) -> Iterator[ServiceUnderTest]:
    """Give the service on a new, migrated database that goes away at the end.

    kind    `sqlite` (a file in `folder`) or `postgresql`
    Made once for many tests: each calls `take_new_tenants` and so begins with nothing.
    """
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/{definition.name}.sqlite"
        if kind == "postgresql":
            url = stack.enter_context(temporary_database(definition.name))
        service = ServiceUnderTest(definition, url)
        stack.callback(service.close)
        yield service
