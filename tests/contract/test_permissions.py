"""Who may call what: every operation of every service for every role, against the table in `permissions.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from deploy.suite import SERVICES, definition_of
from services.identity.domain.roles import PERMISSIONS, ROLES
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest, service_under_test

TABLE = Path(__file__).parent / "permissions.txt"
LETTERS = {
    "A": "administrator",
    "S": "supervisor",
    "W": "worker",
    "B": "biller",
    "V": "viewer",
    "I": "integration",
}
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Line:
    """One operation of the table.

    public   no token is needed
    roles    names of the roles that may call it
    limited  not refused as a whole to who is limited to some sites
    """

    public: bool
    roles: frozenset[str]
    limited: bool


def read_table() -> dict[str, dict[str, Line]]:
    """Return service → operation (`GET /customers`) → line."""
    found: dict[str, dict[str, Line]] = {}
    for text in TABLE.read_text(encoding="utf-8").splitlines():
        if text and not text.startswith("#"):
            service, method, path, letters, limits = text.split()
            public = letters == "public"
            roles = frozenset() if public else frozenset(LETTERS[letter] for letter in letters if letter != ".")
            found.setdefault(service, {})[f"{method} {path}"] = Line(public, roles, limits == "limited")
    return found


@pytest.fixture(params=SERVICES, scope="module")
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with service_under_test(definition_of(request.param), "sqlite", tmp_path_factory.mktemp("access")) as running:
        yield running


def operations(service: ServiceUnderTest) -> list[str]:
    """Return every operation that the service documents, as `GET /customers/{customer_id}`."""
    prefix = f"/api/{service.definition.name}/v1"
    document: Any = service.app.test_client().get(f"{prefix}/openapi.json").json
    return [
        f"{method.upper()} {path.removeprefix(prefix)}"
        for path, methods in document["paths"].items()
        for method in METHODS
        if method in methods
    ]


def attempt(caller: Caller, operation: str) -> TestResponse:
    """Call the operation with ids of nothing and an empty body: far enough to be let in or refused."""
    method, path = operation.split()
    path = re.sub(r"{[a-z_]+}", lambda _: new_id(), path)
    return caller.call(method, path, if_match=1, **({} if method == "GET" else {"json": {}}))


def test_the_table_names_every_operation(service: ServiceUnderTest) -> None:
    assert sorted(read_table()[service.definition.name]) == sorted(operations(service))


def test_every_route_of_the_api_is_documented(service: ServiceUnderTest) -> None:
    """What is in no document would be in no table: only the documents themselves are outside."""
    documented = {re.sub(r"{[a-z_]+}", "{}", operation) for operation in operations(service)}
    prefix = f"/api/{service.definition.name}/v1"
    routes = {
        f"{method} {re.sub(r'<[^>]+>', '{}', rule.rule.removeprefix(prefix)).rstrip('/')}"
        for rule in service.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    known = {operation.rstrip("/") for operation in documented}
    assert {route for route in routes - known if not re.fullmatch(r"GET /(docs|openapi\.json)(/.*)?", route)} == set()


def test_every_role_may_what_the_table_says(service: ServiceUnderTest) -> None:
    wrong = []
    callers = {name: service.caller(*permissions) for name, permissions in ROLES.items()}
    nobody = service.caller()
    for operation, line in read_table()[service.definition.name].items():
        if line.public:
            continue
        for name, caller in {**callers, "nobody": nobody}.items():
            answer = attempt(caller, operation)
            let_in = answer.status_code not in (401, 403)
            if let_in != (name in line.roles) or answer.status_code >= 500:
                wrong.append((operation, name, answer.status_code))
    assert wrong == []


def test_nobody_comes_in_without_a_token(service: ServiceUnderTest) -> None:
    client: FlaskClient = service.app.test_client()
    wrong = []
    for operation, line in read_table()[service.definition.name].items():
        method, path = operation.split()
        address = f"/api/{service.definition.name}/v1" + re.sub(r"{[a-z_]+}", lambda _: new_id(), path)
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
            status = client.open(address, method=method, headers=headers).status_code
            if (status == 401) is line.public:
                wrong.append((operation, headers, status))
    assert wrong == []


def test_who_is_limited_to_sites_is_refused_what_is_about_the_whole_firm(service: ServiceUnderTest) -> None:
    limited = service.caller(*PERMISSIONS, sites=[new_id()])
    whole = service.caller(*PERMISSIONS)
    wrong = []
    for operation, line in read_table()[service.definition.name].items():
        if line.public:
            continue
        answer = attempt(limited, operation)
        refused = answer.status_code == 403 and answer.json is not None and answer.json["code"] == "outside_scope"
        if refused is line.limited or attempt(whole, operation).status_code == 403:
            wrong.append((operation, answer.status_code))
    assert wrong == []


def test_every_role_of_the_product_is_in_the_table() -> None:
    assert set(LETTERS.values()) == set(ROLES)
