"""The API describes itself truly: for programs in OpenAPI, for people on a page; and the audit log is an API too."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
import schemathesis
from sqlalchemy import Engine

from shared.tests.things import OTHER_FIRM
from shared.tests.things_api import ThingsApi


@pytest.fixture
def api(things_engine: Engine) -> ThingsApi:
    return ThingsApi(things_engine)


@pytest.fixture
def document(sqlite_things: Engine) -> Any:
    return ThingsApi(sqlite_things).call("GET", "/api/identity/v1/openapi.json", may=None).json


def test_the_document_is_openapi(document: Any) -> None:
    schemathesis.openapi.from_dict(document).validate()

    assert document["info"]["title"] == "Urakka: things"
    assert document["info"]["description"] == "Things of the tests."


def test_each_operation_says_who_may_call_it_and_what_can_go_wrong(document: Any) -> None:
    shown = document["paths"]["/api/identity/v1/things/{thing_id}"]["get"]
    opened = document["paths"]["/api/identity/v1/things/open"]["get"]

    assert shown["x-permissions"] == ["things.read", "things.write"]
    assert shown["security"] == [{"bearer": []}]
    assert {"200", "400", "401", "403", "default"} <= set(shown["responses"])
    for status in ("400", "401", "403", "default"):
        assert list(shown["responses"][status]["content"]) == ["application/problem+json"]
    assert "security" not in opened
    assert not {"401", "403"} & set(opened["responses"])


def test_limits_of_fields_are_told(document: Any) -> None:
    fields = document["components"]["schemas"]["ThingIn"]["properties"]
    limit = next(
        parameter
        for parameter in document["paths"]["/api/identity/v1/things"]["get"]["parameters"]
        if parameter["name"] == "limit"
    )

    assert fields["code"]["maxLength"] == 40
    assert fields["amount"]["pattern"].startswith("^-?[0-9]")
    assert fields["amount"]["type"] == "string"
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 200)
    assert document["components"]["schemas"]["ThingIn"]["additionalProperties"] is False


class Reader(HTMLParser):
    """Notes what a browser would load, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note a tag."""
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def test_the_page_shows_every_operation_and_loads_nothing(api: ThingsApi) -> None:
    answer = api.call("GET", "/api/identity/v1/docs", may=None)
    page = Reader()
    page.feed(answer.text)

    assert answer.content_type.startswith("text/html")
    for expected in ("Urakka: things", "/api/identity/v1/things/{thing_id}", "Change a thing", "things.write", "code"):
        assert expected in page.text
    assert not page.tags & {"script", "img", "iframe", "link"}
    assert "@import" not in answer.text
    assert "url(" not in answer.text


def test_what_a_developer_wrote_cannot_become_markup(api: ThingsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.docs._groups", lambda _document: [("<script>alert(1)</script>", [])])

    assert "<script>" not in api.call("GET", "/api/identity/v1/docs", may=None).text


def audit(api: ThingsApi, query: str = "", **options: Any) -> Any:
    return api.call("GET", f"/api/identity/v1/audit{query}", may=["audit.read"], **options)


def test_the_audit_log_shows_newest_first_and_only_the_own(api: ThingsApi) -> None:
    first, _ = api.create("a", secret="hunter2"), api.create("b")
    api.call("POST", "/things", json={"code": "foreign"}, tenant_id=OTHER_FIRM)
    found = audit(api).json["items"]

    assert [entry["changes"]["code"]["to"] for entry in found] == ["b", "a"]
    assert "hunter2" not in str(found)
    assert audit(api, f"?entity=things&entity_id={first['id']}").json["items"] == found[1:]
    assert audit(api, f"?before={found[0]['id']}").json["items"] == found[1:]
    assert audit(api, "?limit=1").json["items"] == found[:1]
    assert audit(api, "?entity=nothing").json["items"] == []


def test_the_audit_log_needs_its_permission(api: ThingsApi) -> None:
    assert api.call("GET", "/api/identity/v1/audit").status_code == 403


@pytest.mark.parametrize("query", ["?entity=%00", "?entity_id=a%00", "?entity_id=%ed%a0%80", f"?before={2**62}"])
def test_a_filter_that_no_database_takes_is_no_error_of_ours(api: ThingsApi, query: str) -> None:
    assert audit(api, query).status_code in (200, 400)
