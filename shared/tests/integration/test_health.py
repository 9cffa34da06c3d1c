"""What the operator asks, and what the other services fetch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.identity.bootstrap import SERVICE
from shared.bus.wakeup import LocalWakeup
from shared.config import Config
from shared.crypto import new_key_text
from shared.db import Database, make_engine, migrate
from shared.http import create_app
from shared.http.metrics import exposition
from shared.service import Runtime
from shared.testing.service import SERVICE_TOKEN, WrittenTokens
from shared.tests.things import FIRM, OTHER_FIRM
from shared.tests.things_api import ThingsApi

SNAPSHOT = "/internal/v1/snapshot/thing"


def app_on(engine: Engine) -> Any:
    config = Config("identity", "", secret_key=new_key_text())
    runtime = Runtime(config, Database(engine), LocalWakeup(), WrittenTokens())
    return create_app(SERVICE, runtime).test_client()


@pytest.fixture
def api(things_engine: Engine) -> ThingsApi:
    return ThingsApi(things_engine)


def test_a_service_is_ready_once_its_database_has_the_newest_schema(any_engine: Engine) -> None:
    client = app_on(any_engine)
    before = client.get("/readyz")
    migrate.upgrade(any_engine, "identity")
    after = client.get("/readyz")

    assert (before.status_code, before.json["reason"]) == (503, "database: migrations are pending")
    assert (after.status_code, after.json) == (200, {"status": "ok", "service": "identity"})


def test_a_service_of_an_older_release_is_not_ready_for_a_newer_schema(any_engine: Engine) -> None:
    migrate.upgrade(any_engine, "identity")
    with any_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert app_on(any_engine).get("/readyz").status_code == 503


def test_without_its_database_a_service_is_alive_but_not_ready() -> None:
    engine = make_engine("postgresql+psycopg://hunter2:hunter2@127.0.0.1:1/none")
    client = app_on(engine)
    ready, alive = client.get("/readyz"), client.get("/healthz")
    engine.dispose()

    assert (ready.status_code, ready.json["reason"]) == (503, "database: OperationalError")
    assert "hunter2" not in ready.text
    assert (alive.status_code, alive.json["status"]) == (200, "ok")


def test_metrics_count_answers_by_route_and_status(api: ThingsApi) -> None:
    line = 'http_requests_total{method="GET",route="/api/identity/v1/things",status="401"}'

    def count() -> float:
        found = [row for row in api.call("GET", "/metrics").text.splitlines() if row.startswith(line)]
        return float(found[0].rsplit(" ", 1)[1]) if found else 0

    before = count()
    for _ in range(3):
        api.call("GET", "/things", may=None)

    assert count() == before + 3
    assert api.call("GET", "/metrics").content_type.startswith("text/plain")


def test_metrics_of_several_processes_are_added_up(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    assert exposition() == b"", "the folder is empty: what this process alone counted is not to be shown"


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer ", f"Bearer {SERVICE_TOKEN}x", f"bearer {SERVICE_TOKEN}", SERVICE_TOKEN, "Bearer ä"],
)
def test_a_snapshot_is_for_our_own_services_only(api: ThingsApi, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    assert api.call("GET", SNAPSHOT, may=None, headers=headers).status_code == 401


def test_a_users_token_opens_no_snapshot(api: ThingsApi) -> None:
    assert api.call("GET", SNAPSHOT, may=["tenant.manage", "customers.read"]).status_code == 401


@pytest.mark.parametrize("authorization", ["Bearer None", "Bearer ", ""])
def test_without_a_service_token_nobody_gets_a_snapshot(sqlite_things: Engine, authorization: str) -> None:
    api = ThingsApi(sqlite_things, service_token=None)

    assert api.call("GET", SNAPSHOT, may=None, headers={"Authorization": authorization}).status_code == 401


def ask(api: ThingsApi, query: str = "", path: str = SNAPSHOT) -> Any:
    return api.call("GET", path + query, may=None, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"})


def pages(api: ThingsApi, limit: int) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while True:
        page = ask(api, f"?limit={limit}{after}").json
        yield page["items"]
        if page["next"] is None:
            return
        after = f"&after={page['next']}"


def test_a_snapshot_has_everything_of_every_tenant_in_pages(api: ThingsApi) -> None:
    for code in "abc":
        api.create(code)
    api.call("POST", "/things", json={"code": "d"}, tenant_id=OTHER_FIRM)
    found = list(pages(api, 2))

    assert [[item["data"]["code"] for item in page] for page in found] == [["a", "b"], ["c", "d"], []]
    assert [item["tenant_id"] for page in found for item in page] == [FIRM, FIRM, FIRM, OTHER_FIRM]
    assert set(found[0][0]) == {"id", "tenant_id", "version", "time", "data"}


def test_a_snapshot_is_a_page_of_500_unless_told_otherwise(api: ThingsApi) -> None:
    api.create()

    assert ask(api).json["next"] is None
    assert ask(api, "?limit=500").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["?limit=0", "?limit=501", "?limit=x", "?limit=-1", "?limit=", "?after=x", "?limit=%C2%B2", f"?limit={'9' * 5000}"],
)
def test_a_page_that_cannot_be_is_refused(api: ThingsApi, query: str) -> None:
    assert ask(api, query).status_code == 400


def test_an_unknown_snapshot_is_not_found(api: ThingsApi) -> None:
    assert ask(api, path="/internal/v1/snapshot/nothing").status_code == 404
