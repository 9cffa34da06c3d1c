"""Every error is a problem document; what went wrong on our side stays on our side."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine, text

from shared import errors
from shared.db import make_engine
from shared.http.problems import STATUS, field_errors, status_of
from shared.ids import new_id
from shared.testing.logs import logged
from shared.tests.things import FIRM
from shared.tests.things_api import ThingsApi

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRETS = ("hunter2-in-a-field", "hunter2-in-a-query", "hunter2-in-a-token", "hunter2-in-a-key", "hunter2-in-a-path")


@pytest.fixture
def api(sqlite_things: Engine) -> ThingsApi:
    return ThingsApi(sqlite_things)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process writes to its log."""
    with logged(service="things", role="api") as stream:
        yield stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


MEMBERS = {"type", "title", "status", "detail", "instance", "code", "trace_id", "errors"}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/api/identity/v1/nowhere", {"may": None}, 404, "not_found"),
        ("GET", "/things/0190a000-0000-7000-8000-0000000000ff", {}, 404, "not_found"),
        ("GET", "/things/x%00y", {}, 404, "not_found"),
        ("DELETE", "/things", {}, 405, "method_not_allowed"),
        ("BREW", "/things", {}, 405, "method_not_allowed"),
        ("POST", "/things", {"data": b"x" * 1024 * 1025}, 413, "too_large"),
        ("POST", "/things", {"data": b"<a/>", "content_type": "text/xml"}, 415, "unsupported_media_type"),
        ("POST", "/things/break", {"json": {"secret": "x"}}, 500, "internal_error"),
        ("POST", "/things/orphan", {}, 409, "conflict"),
        ("POST", "/things/nameless", {}, 500, "internal_error"),
    ],
)
def test_every_error_is_a_problem_document(
    api: ThingsApi, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    answer = api.call(method, path, headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, **options)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) == MEMBERS
    assert answer.json["status"] == status
    assert answer.json["code"] == code
    assert answer.json["type"] == f"urn:urakka:problem:{code}"
    assert answer.json["trace_id"] == TRACE
    assert answer.json["title"]
    assert answer.json["detail"]


def test_a_wrong_method_says_which_are_right(api: ThingsApi) -> None:
    assert set(api.call("DELETE", "/things").headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_path_with_double_slashes_is_no_error_of_ours(api: ThingsApi) -> None:
    assert api.call("GET", "//api///identity/v1//things").status_code < 500


def test_a_bug_shows_nothing_outside_and_is_logged_once(api: ThingsApi, log: io.StringIO) -> None:
    answer = api.call("POST", "/things/break", json={"secret": "x"})
    errors_logged = [line for line in lines(log) if line["level"] == "error"]

    assert "shelf" not in answer.text
    assert "RuntimeError" not in answer.text
    assert len(errors_logged) == 1
    assert "shelf 7" in errors_logged[0]["exception"]
    assert errors_logged[0]["trace_id"] == answer.json["trace_id"]


def test_a_request_is_logged_with_its_ids_and_without_its_content(api: ThingsApi, log: io.StringIO) -> None:
    headers = {"X-Correlation-Id": "order-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    api.call("POST", "/things", json={"code": "a", "secret": "x"}, headers=headers)
    found = {line["event"]: line for line in lines(log)}

    for event in ("things.asked", "http.request"):
        line = found[event]
        assert (line["tenant_id"], line["correlation_id"], line["trace_id"]) == (FIRM, "order-1", TRACE)
    request = found["http.request"]
    assert (request["method"], request["route"], request["status"]) == ("POST", "/api/identity/v1/things", 201)
    assert request["ms"] >= 0


def test_planted_secrets_never_reach_the_log(things_engine: Engine, log: io.StringIO) -> None:
    api = ThingsApi(things_engine)
    field, query, token, key, path = SECRETS
    for call in (
        lambda: api.call("POST", "/things", json={"code": "a", "secret": field}, headers={"Idempotency-Key": key}),
        lambda: api.call("POST", "/things", json={"code": "a", "secret": field}),
        lambda: api.call("POST", "/things", json={"code": "b", "secret": field * 9, "surprise": field}),
        lambda: api.call("POST", "/things", json={"code": "c", "amount": field}),
        lambda: api.call("POST", "/things/break", json={"secret": field}),
        lambda: api.call("GET", f"/things?code={query}&{query}=1"),
        lambda: api.call("GET", f"/things/{path}"),
        lambda: api.call("GET", f"/{path}"),
        lambda: api.call("GET", "/things", may=None, headers={"Authorization": f"Bearer {token}"}),
        lambda: api.call("GET", "/internal/v1/snapshot/thing", headers={"Authorization": f"Bearer {token}"}),
    ):
        call()
    with things_engine.begin() as connection:
        connection.execute(text("ALTER TABLE things RENAME TO things_away"))
    try:
        failed = api.call("POST", "/things", json={"code": "d", "secret": field})
    finally:
        with things_engine.begin() as connection:
            connection.execute(text("ALTER TABLE things_away RENAME TO things"))

    assert failed.status_code in (500, 503)
    written = log.getvalue()
    assert len(lines(log)) > 10
    assert [secret for secret in SECRETS if secret in written] == []


def test_unknown_addresses_do_not_make_new_metrics(api: ThingsApi) -> None:
    for number in range(5):
        api.call("GET", f"/made-up-{number}")
        api.call(f"BREW{number}", "/things")
        api.call("GET", f"/things/{new_id()}")
    page = api.call("GET", "/metrics").text

    assert "made-up" not in page
    assert "BREW" not in page
    assert 'route="unknown"' in page
    assert 'route="/api/identity/v1/things/<thing_id>"' in page


@pytest.fixture
def nobody_listens() -> str:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"postgresql+psycopg://hunter2:hunter2@127.0.0.1:{probe.getsockname()[1]}/none"


def test_while_the_database_is_down_the_answer_is_try_again(nobody_listens: str, log: io.StringIO) -> None:
    engine = make_engine(nobody_listens)
    answer = ThingsApi(engine).call("GET", "/things")
    engine.dispose()

    assert (answer.status_code, answer.json["code"]) == (503, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "hunter2" not in answer.text + log.getvalue()
    assert [line["event"] for line in lines(log) if line["level"] == "error"] == ["http.database_unavailable"]


def test_each_kind_of_error_has_its_status() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.UrakkaError)]

    assert {kind for kind in kinds if not issubclass(kind, tuple(STATUS))} == {errors.UrakkaError}
    assert status_of(errors.OutsideScope()) == 403
    assert {status_of(kind()) for kind in STATUS} == set(STATUS.values())
    assert status_of(type("Special", (errors.Conflict,), {})()) == 409
    assert status_of(errors.UrakkaError()) == 422


def test_messages_of_any_depth_become_pointers() -> None:
    messages = {"rows": {3: {"quantity": ["one", "two"]}, "_schema": ["three"]}, "_schema": ["four"], "a/b": ["five"]}

    assert [(error.pointer, error.detail) for error in field_errors(messages)] == [
        ("/rows/3/quantity", "one"),
        ("/rows/3/quantity", "two"),
        ("/rows", "three"),
        ("", "four"),
        ("/a~1b", "five"),
    ]
