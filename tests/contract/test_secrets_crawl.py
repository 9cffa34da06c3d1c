"""No secret comes out: planted in every service, searched in answers, errors, logs, events, audit log and databases.

What a target that repeats secrets makes of them is tried in `services/billing/tests/integration/test_secrets_stay.py`.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from services.identity.models import Tenant
from shared.testing.service import Caller
from tests.contract.test_foreign_records import call
from tests.contract.test_permissions import operations
from tests.contract.test_worker_crawl import reads
from tests.support.filled import (
    DOOR_CODE,
    PASSWORD,
    SIGNING_SECRET,
    TARGET_SECRET,
    FilledFirm,
    filled_firm,
)

WRONG_PASSWORD, OTHER_PASSWORD = "arvaus-9981-mark", "uusi-salasana-9982-mark"
DOOR_CODE_READ = "GET /sites/{site_id}/door-code"


@dataclass(frozen=True, slots=True)
class Planted:
    """A firm, and all secrets that were ever put into it or given out."""

    firm: FilledFirm
    secrets: set[str]

    def found_in(self, text: str) -> set[str]:
        return {secret for secret in self.secrets if secret in text}


@contextmanager
def planting(folder: Path) -> Iterator[Planted]:
    """Give a filled firm whose people logged in and out."""
    with filled_firm(folder) as firm:
        known = {PASSWORD, SIGNING_SECRET, TARGET_SECRET, DOOR_CODE, WRONG_PASSWORD, OTHER_PASSWORD, *firm.shown}
        yield Planted(firm, known | log_in_and_out(firm))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with planting(tmp_path_factory.mktemp("planted")) as found:
        yield found


def log_in_and_out(firm: FilledFirm) -> set[str]:
    """Go the ways of identity, wrong ones too; return the tokens that it gave."""
    identity = firm.services["identity"]
    with identity.begin(firm.tenant_id) as uow:
        uow.session.add(Tenant(id=firm.tenant_id, name="Huolto Oy", archived=False))
        uow.commit()
    admin, client = firm.caller("identity"), identity.app.test_client()
    user = admin.get(f"/users/{firm.ids['own']['identity']['user_id']}").json

    def send(path: str, **body: str) -> TestResponse:
        return client.post(f"/api/identity/v1/tokens{path}", json=body)

    assert send("", email=user["email"], password=WRONG_PASSWORD).status_code == 401
    first = send("", email=user["email"], password=PASSWORD).json
    second = send("/refresh", refresh_token=first["refresh_token"]).json
    assert send("/refresh", refresh_token=first["refresh_token"]).status_code == 401
    assert send("/revoke", refresh_token=second["refresh_token"]).status_code == 204
    key = send("/api-key", api_key=firm.shown[0]).json
    boss = {"name": "Anna", "email": f"{firm.tenant_id}@firma.example", "password": PASSWORD}
    assert admin.post("/users", {**boss, "roles": ["administrator"]}).status_code == 201
    changed = admin.patch(f"/users/{user['id']}", {"password": OTHER_PASSWORD}, if_match=user["version"])
    assert changed.status_code == 200
    tokens = {tokens[name] for tokens in (first, second) for name in ("access_token", "refresh_token")}
    return tokens | {key["access_token"]}


def test_no_answer_shows_a_secret(planted: Planted) -> None:
    firm, wrong = planted.firm, {}
    for service in firm.services:
        caller = firm.caller(service)
        for operation, ids in reads(firm, service):
            answer = call(caller, operation, ids)
            allowed = {DOOR_CODE} if operation == DOOR_CODE_READ else set()
            shown = planted.found_in(str(answer.headers) + answer.get_data().decode("utf-8", "replace"))
            if shown - allowed:
                wrong[operation] = shown
    assert wrong == {}


def test_errors_do_not_repeat_secrets(planted: Planted) -> None:
    firm = planted.firm
    billing, customers, identity = (firm.caller(name) for name in ("billing", "customers", "identity"))
    site = f"/sites/{firm.ids['own']['customers']['site_id']}/door-code"
    connection = {"target": "webhook", "name": "x", "settings": {"url": "https://example.com/x"}}
    hook = f"/webhooks/{firm.ids['own']['customers']['webhook_id']}"
    user = {"name": "x", "email": "x@firma.example", "roles": []}
    answers = [
        billing.post("/connections", {**connection, "secrets": {"signing": TARGET_SECRET}}),
        billing.post("/connections", {**connection, "secrets": {"signing_secret": [TARGET_SECRET]}}),
        billing.post("/connections", {**connection, "secrets": TARGET_SECRET}),
        billing.post("/connections", {**connection, "settings": {"signing_secret": TARGET_SECRET}, "secrets": {}}),
        billing.post("/connections", {**connection, "target": "netvisor", "secrets": {"customer_key": TARGET_SECRET}}),
        billing.post("/connections", data=f'{{"secrets": "{TARGET_SECRET}"', content_type="application/json"),
        customers.post("/webhooks", {"url": "https://example.com/x", "secret": SIGNING_SECRET * 5}),
        customers.post("/webhooks", {"url": "no address", "secret": SIGNING_SECRET}),
        customers.call("PUT", f"{hook}/secret", json={"secret": [SIGNING_SECRET]}),
        customers.call("PUT", site, json={"door_code": DOOR_CODE * 40}, if_match=1),
        customers.call("PUT", site, json={"door_code": [DOOR_CODE]}, if_match=1),
        customers.call("PUT", site, json={"door_code": DOOR_CODE}, if_match=99),
        identity.post("/users", {**user, "password": [PASSWORD]}),
        identity.post("/users", {**user, "password": PASSWORD, "roles": ["king"]}),
        identity.post("/users", {**user, "password": PASSWORD, "passwort": PASSWORD}),
        identity.post("/tokens/api-key", {"api_key": firm.shown[0] + "x"}),
        identity.post("/tokens/refresh", {"refresh_token": firm.shown[0] * 9}),
    ]
    for number, answer in enumerate(answers):
        assert 400 <= answer.status_code < 500, (number, answer.status_code)
        assert planted.found_in(answer.get_data(as_text=True)) == set(), (number, answer.json)


def test_nothing_that_is_kept_or_logged_has_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], everything_logged: io.StringIO
) -> None:
    """Tables, outboxes, inboxes, audit logs and journals: every value of every column, as it is stored."""
    with planting(tmp_path) as planted:
        for name, service in planted.firm.services.items():
            for operation, ids in reads(planted.firm, name):
                call(planted.firm.caller(name), operation, ids)
            with sqlite3.connect(str(service.engine.url.database)) as database:
                for table, text in stored(database):
                    assert planted.found_in(text) == set(), (name, table)
        logged = "".join(capsys.readouterr()) + everything_logged.getvalue()
        assert "http.request" in logged
        assert planted.found_in(logged) == set()


def stored(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield (table, row as text) for every row there is."""
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(tables) > 5
    for table in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):
            values = (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row)
            yield table, " ".join(values)


def test_metrics_health_and_api_documents_have_no_secret(planted: Planted) -> None:
    for name, service in planted.firm.services.items():
        client = service.app.test_client()
        for rule in service.app.url_map.iter_rules():
            if not rule.arguments and "GET" in (rule.methods or set()):
                assert planted.found_in(client.get(rule.rule).get_data().decode("utf-8", "replace")) == set(), rule.rule
        assert operations(service), name


def test_secrets_are_given_only_once(planted: Planted) -> None:
    customers: Caller = planted.firm.caller("customers")
    made = customers.post("/webhooks", {"url": "https://example.com/y"})
    given = made.json["secret"]
    assert len(given) >= 32
    path = f"/webhooks/{made.json['id']}"
    for answer in (
        customers.get(path),
        customers.get("/webhooks"),
        customers.patch(path, {"active": False}, if_match=1),
    ):
        assert answer.status_code == 200
        assert given not in answer.get_data(as_text=True)
