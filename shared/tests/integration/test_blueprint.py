"""The factory: nobody gets in unmarked, wrong input gets all its errors at once, answers carry their trace."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from shared.bus.envelope import decode
from shared.bus.tables import outbox
from shared.errors import Malformed
from shared.http import Blueprint, Schema, Text, public, requires
from shared.ids import is_id, new_id
from shared.tests.things import OTHER_FIRM, Thing, somebody
from shared.tests.things_api import ThingsApi

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def api(sqlite_things: Engine) -> ThingsApi:
    return ThingsApi(sqlite_things)


@pytest.fixture
def any_api(things_engine: Engine) -> ThingsApi:
    return ThingsApi(things_engine)


def test_an_endpoint_that_says_not_who_may_call_it_cannot_be_registered() -> None:
    blueprint = Blueprint("forgotten", __name__)

    def view() -> None:
        """Do something"""

    with pytest.raises(TypeError, match="neither @requires"):
        blueprint.get("/")(view)
    blueprint.get("/public")(public(lambda: None))
    blueprint.get("/marked")(requires("things.read")(lambda: None))


def test_a_rule_that_stumbles_over_a_stand_in_does_not_hide_what_is_malformed(everything_logged: io.StringIO) -> None:
    class NamedIn(Schema):
        """A name."""

        name = Text(5, required=True)

    def view(body: dict[str, Any]) -> None:
        raise KeyError(body["name"])

    parsed = Blueprint("stumbling", __name__).arguments(NamedIn, rules_too=True)(view)
    with Flask("stumbling").test_request_context(method="POST", json={"name": 5}), pytest.raises(Malformed) as refused:
        parsed()
    assert [error.pointer for error in refused.value.errors] == ["/name"]
    assert "http.rules_not_judged" in everything_logged.getvalue()


@pytest.mark.parametrize(
    ("may", "status"),
    [(None, 401), ([], 403), (["things.write"], 403), (["customers.read"], 403), (["things.read"], 200)],
)
def test_only_who_holds_the_permission_gets_in(api: ThingsApi, may: list[str] | None, status: int) -> None:
    answer = api.call("GET", "/things", may=may)

    assert answer.status_code == status
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_one_of_several_permissions_is_enough(api: ThingsApi) -> None:
    thing = api.create()

    for permission in ("things.read", "things.write"):
        assert api.call("GET", f"/things/{thing['id']}", may=[permission]).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer not-a-token", "Bearer ä"])
def test_no_usable_token_is_no_token(api: ThingsApi, header: str) -> None:
    answer = api.call("GET", "/things", may=None, headers={"Authorization": header})

    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


def test_a_public_endpoint_needs_no_token(api: ThingsApi) -> None:
    assert api.call("GET", "/things/open", may=None).status_code == 204


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_guarded_like_the_rest(api: ThingsApi, method: str) -> None:
    assert api.call(method, "/things", may=None).status_code == 401
    assert api.call(method, "/things", may=["customers.read"]).status_code == 403
    answer = api.call(method, "/things")
    assert answer.status_code == 200
    assert answer.data == b""


def test_the_tenant_comes_from_the_token_alone(api: ThingsApi) -> None:
    thing = api.create()
    foreign = api.call("GET", f"/things/{thing['id']}", tenant_id=OTHER_FIRM)
    missing = api.call("GET", f"/things/{new_id()}", tenant_id=OTHER_FIRM)

    assert foreign.status_code == missing.status_code == 404
    assert api.call("GET", "/things", tenant_id=OTHER_FIRM).json == {"items": [], "next": None}
    assert foreign.json["detail"].replace(thing["id"], "") == missing.json["detail"].replace(
        missing.request.path.rsplit("/", 1)[1], ""
    )


def test_all_wrong_fields_come_at_once_with_their_pointers(api: ThingsApi) -> None:
    body = {
        "code": "",
        "amount": 12.5,
        "surprise": 1,
        "a/b~c": 2,
        "parts": [{"name": "good"}, {"name": "x" * 21, "quantity": "1.2345"}, {"quantity": "-1", "more": 1}, "no"],
    }
    answer = api.call("POST", "/things", json=body)

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "/code",
        "/amount",
        "/surprise",
        "/a~1b~0c",
        "/parts/1/name",
        "/parts/1/quantity",
        "/parts/2/name",
        "/parts/2/quantity",
        "/parts/2/more",
        "/parts/3",
    }
    assert all(error["detail"] and error["code"] for error in answer.json["errors"])


def test_a_wrong_query_is_refused_like_a_wrong_body(api: ThingsApi) -> None:
    answer = api.call("GET", "/things?limit=0&surprise=1&after=x")

    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json["errors"]} == {"/limit", "/surprise"}
    assert api.call("GET", "/things?after=x").json["errors"][0]["pointer"] == "/after"
    assert api.call("GET", "/things?limit=201").status_code == 400
    assert api.call("GET", "/things?limit=ten").status_code == 400
    assert api.call("GET", f"/things?limit={'9' * 5000}").status_code == 400


@pytest.mark.parametrize("query", ["code=%00", "code=a%00b", "code=%ff", "after=%00"])
def test_a_query_that_no_database_takes_is_no_error_of_ours(any_api: ThingsApi, query: str) -> None:
    assert any_api.call("GET", f"/things?{query}").status_code in (200, 400)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b"[1, 2", b"\xff\xfe", b'{"code": "\xff"}', b"NaN", b"[" * 100_000, b'"text"', b"null"],
    ids=["empty", "open", "text", "list", "bytes", "latin-1", "NaN", "deep", "a string", "null"],
)
def test_a_body_that_is_not_what_we_read_is_malformed(api: ThingsApi, body: bytes) -> None:
    answer = api.call("POST", "/things", data=body, content_type="application/json")

    assert (answer.status_code, answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("value", [None, 1, 12.5, [], {}, "1e3", "1_000", "٣", "+1", "1.", ".5", " 1", "NaN", "1.234"])
def test_an_amount_is_a_plain_decimal_in_a_string(api: ThingsApi, value: Any) -> None:
    answer = api.call("POST", "/things", json={"code": "a", "amount": value})

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json["errors"]] == ["/amount"]


@pytest.mark.parametrize(
    ("given", "shown"), [("12.5", "12.50"), ("0", "0.00"), ("-100", "-100.00"), ("1000.00", "1000.00"), ("-0", "0.00")]
)
def test_amounts_come_back_with_their_decimals(any_api: ThingsApi, given: str, shown: str) -> None:
    made = any_api.create(amount=given)

    assert any_api.call("GET", f"/things/{made['id']}").json["amount"] == shown


@pytest.mark.parametrize("amount", ["-100.01", "1000.01", "9" * 400])
def test_limits_of_an_amount_are_inclusive(api: ThingsApi, amount: str) -> None:
    assert api.call("POST", "/things", json={"code": "a", "amount": amount}).status_code == 400


def test_text_is_trimmed_before_it_is_measured(api: ThingsApi) -> None:
    assert api.create(code="  a \n")["code"] == "a"
    for code in ("   ", "x" * 41, "a\x00b", "a\x1bb", "\ud800"):
        body = json.dumps({"code": code})
        assert api.call("POST", "/things", data=body, content_type="application/json").status_code == 400
    assert api.create(code=" " + "x" * 40)["code"] == "x" * 40


@pytest.mark.parametrize("own_id", ["1", "01939F6A-7C00-7CC0-8F00-0000000000AA", 7, ""])
def test_an_own_id_must_be_one(api: ThingsApi, own_id: Any) -> None:
    answer = api.call("POST", "/things", json={"code": "a", "id": own_id})

    assert [error["pointer"] for error in answer.json["errors"]] == ["/id"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
def test_another_kind_of_content_is_refused(api: ThingsApi, content_type: str | None) -> None:
    answer = api.call("POST", "/things", data=json.dumps({"code": "a"}), content_type=content_type)

    assert answer.status_code == 415
    assert answer.content_type == "application/problem+json"
    assert "application/json" in answer.json["detail"]


def test_a_body_over_the_limit_is_refused(api: ThingsApi) -> None:
    answer = api.call("POST", "/things", json={"code": "a", "secret": "x" * 1024 * 1024})

    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_a_body_over_the_limit_that_names_no_length_is_cut_off_and_refused(api: ThingsApi) -> None:
    answer = api.call(
        "POST",
        "/things",
        data=json.dumps({"code": "a", "secret": "x" * 1024 * 1024}).encode(),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )

    assert answer.status_code in (400, 413)
    assert api.call("GET", "/things").json["items"] == []


def test_an_answer_names_its_correlation_and_trace(api: ThingsApi) -> None:
    incoming = {"X-Correlation-Id": "order-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    named, unnamed = api.call("GET", "/things", headers=incoming), api.call("GET", "/things")

    assert named.headers["X-Correlation-Id"] == "order-1"
    assert named.headers["traceparent"].split("-")[1] == TRACE
    assert is_id(unnamed.headers["X-Correlation-Id"])
    assert api.call("GET", "/nowhere", headers=incoming).json["trace_id"] == TRACE


@pytest.mark.parametrize("correlation", ["x" * 81, "ä", "a\tb", ""])
def test_a_correlation_id_that_we_could_not_store_is_replaced(any_api: ThingsApi, correlation: str) -> None:
    answer = any_api.call("POST", "/things", json={"code": "a"}, headers={"X-Correlation-Id": correlation})

    assert answer.status_code == 201
    assert is_id(answer.headers["X-Correlation-Id"])


def test_the_trace_of_a_request_goes_into_its_events(any_api: ThingsApi) -> None:
    headers = {"X-Correlation-Id": "order-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    any_api.call("POST", "/things", json={"code": "a"}, headers=headers)
    with any_api.engine.connect() as connection:
        rows = connection.execute(select(outbox.c.payload, outbox.c.headers)).all()
    (event,) = [decode(row.payload) for row in rows]

    assert event.correlation_id == "order-1"
    assert (event.traceparent or "").split("-")[1] == TRACE
    assert rows[0].headers["traceparent"].split("-")[1] == TRACE


def test_a_request_that_fails_leaves_nothing(any_api: ThingsApi) -> None:
    any_api.create()
    answer = any_api.call("POST", "/things", json={"code": "a", "parts": [{"name": "p"}]})
    with any_api.database.read(somebody()) as uow:
        count = uow.session.scalar(select(func.count(Thing.id)))
        events = uow.session.scalar(select(func.count()).select_from(outbox))

    assert (answer.status_code, answer.json["code"]) == (409, "already_exists")
    assert (count, events) == (1, 1)


def test_answers_are_not_to_be_kept_or_guessed_at(api: ThingsApi) -> None:
    answer = api.call("GET", "/things")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_over_http_follow_each_other(any_api: ThingsApi) -> None:
    for code in "abcde":
        any_api.create(code)
    first = any_api.call("GET", "/things?limit=3").json
    second = any_api.call("GET", f"/things?limit=3&after={first['next']}").json

    assert [thing["code"] for thing in first["items"] + second["items"]] == list("abcde")
    assert second["next"] is None
