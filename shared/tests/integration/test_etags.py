"""Versions over HTTP, and creation that may be repeated."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from shared.ids import new_id
from shared.tests.things import OTHER_FIRM, at_once
from shared.tests.things_api import ThingsApi

CHANGE = {"secret": "changed"}


@pytest.fixture
def api(things_engine: Engine) -> ThingsApi:
    return ThingsApi(things_engine)


def change(api: ThingsApi, thing_id: str, if_match: str | None) -> Any:
    headers = {} if if_match is None else {"If-Match": if_match}
    return api.call("PATCH", f"/things/{thing_id}", json=CHANGE, headers=headers)


def test_the_etag_is_the_version(api: ThingsApi) -> None:
    made = api.call("POST", "/things", json={"code": "a"})
    changed = change(api, made.json["id"], made.headers["ETag"])
    shown = api.call("GET", f"/things/{made.json['id']}")

    assert [answer.headers["ETag"] for answer in (made, changed, shown)] == ['"1"', '"2"', '"2"']
    assert shown.json["version"] == 2


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        ('"1"', 200, None),
        ('W/"1"', 200, None),
        ("*", 200, None),
        ('"2"', 412, "version_mismatch"),
        ('"0"', 412, "version_mismatch"),
        ('"999999999"', 412, "version_mismatch"),
        (None, 428, "precondition_required"),
        ("", 428, "precondition_required"),
        ("1", 400, "malformed"),
        ('"1", "2"', 400, "malformed"),
        ('"9999999999"', 400, "malformed"),
        ('"-1"', 400, "malformed"),
        ('"٣"'.encode().decode("latin-1"), 400, "malformed"),
        ("nonsense", 400, "malformed"),
    ],
)
def test_a_change_says_for_which_version(api: ThingsApi, if_match: str | None, status: int, code: str | None) -> None:
    answer = change(api, api.create()["id"], if_match)

    assert answer.status_code == status
    assert answer.json.get("code") == (code or "a")


def test_a_refused_change_says_which_version_there_is(api: ThingsApi) -> None:
    thing = api.create()
    change(api, thing["id"], '"1"')

    assert change(api, thing["id"], '"1"').json["current_version"] == 2


def test_of_changes_at_once_one_wins(api: ThingsApi) -> None:
    thing = api.create()

    assert sorted(at_once(4, lambda _: change(api, thing["id"], '"1"').status_code)) == [200, 412, 412, 412]


def post(api: ThingsApi, key: str | None, tenant_id: str | None = None, **body: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    options = {"tenant_id": tenant_id} if tenant_id else {}
    return api.call("POST", "/things", json={"code": "a", **body}, headers=headers, **options)


def test_the_same_key_and_body_give_the_same_answer(api: ThingsApi) -> None:
    first, second = post(api, "k", amount="1.50"), post(api, "k", amount="1.50")

    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert first.headers["ETag"] == second.headers["ETag"]
    assert len(api.call("GET", "/things").json["items"]) == 1


def test_the_order_of_fields_makes_no_other_body(api: ThingsApi) -> None:
    one = api.call(
        "POST", "/things", data='{"code": "a", "secret": "s"}', content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )  # fmt: skip
    other = api.call(
        "POST", "/things", data='{ "secret":"s", "code":"a" }', content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )  # fmt: skip

    assert one.json == other.json


def test_the_same_key_with_another_body_is_refused(api: ThingsApi) -> None:
    post(api, "k")
    answer = post(api, "k", code="b")

    assert (answer.status_code, answer.json["code"]) == (409, "key_reused")
    assert answer.json["key"] == "k"


def test_a_refused_creation_does_not_use_up_its_key(api: ThingsApi) -> None:
    assert post(api, "k", amount="much").status_code == 400
    assert post(api, "k", amount="1").status_code == 201


def test_an_own_id_makes_a_creation_repeatable(api: ThingsApi) -> None:
    own_id = new_id()
    first, second, other = post(api, None, id=own_id), post(api, None, id=own_id), post(api, None, id=own_id, code="b")

    assert first.json["id"] == second.json["id"] == own_id
    assert other.status_code == 409


def test_another_firm_may_use_the_same_key(api: ThingsApi) -> None:
    assert post(api, "k").json["id"] != post(api, "k", OTHER_FIRM).json["id"]


def test_another_firms_id_cannot_be_taken_over(api: ThingsApi) -> None:
    own_id = new_id()
    post(api, None, id=own_id)
    answer = post(api, None, OTHER_FIRM, id=own_id, code="b")

    assert answer.status_code == 409
    assert api.call("GET", f"/things/{own_id}").json["code"] == "a"
    assert api.call("GET", f"/things/{own_id}", tenant_id=OTHER_FIRM).status_code == 404


@pytest.mark.parametrize("key", ["x" * 191, "ä", "a\tb", "€".encode().decode("latin-1")])
def test_a_key_that_we_could_not_store_is_refused(api: ThingsApi, key: str) -> None:
    answer = post(api, key)

    assert (answer.status_code, answer.json["code"]) == (400, "malformed")
    assert "Idempotency-Key" in answer.json["detail"]


def test_the_longest_key_is_taken(api: ThingsApi) -> None:
    assert post(api, "x" * 190).json == post(api, "x" * 190).json


def test_the_same_key_at_the_same_moment_makes_one(api: ThingsApi) -> None:
    answers = at_once(5, lambda _: post(api, "k"))

    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json["id"] for answer in answers}) == 1
