"""Planted secrets come out nowhere: not in logs, answers, events, errors, nor in the raw requests that are kept."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import select, text

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import TARGETS, built_in
from services.billing.app import desk
from services.billing.app.connections import ConnectionWish, Vault, create_connection
from services.billing.app.dispatcher import Dispatcher, DispatcherSettings
from services.billing.app.pausing import resume_connection
from services.billing.models import AttemptTrace, Base
from services.billing.tests.einvoices import FINVOICE_SETTINGS
from services.billing.tests.einvoices import SETTINGS as EINVOICE_SETTINGS
from services.billing.tests.integration.conftest import Billing
from services.billing.tests.targets import Reply, fault_server, http_reply
from shared.bus.tables import outbox
from shared.context import system_context
from shared.db.database import Creation
from shared.db.metadata import INFRASTRUCTURE
from shared.ids import new_id

MARKS = {
    "customer_key": "mark-1-9f3a7c/+=\"'ä",
    "partner_key": "mark-2-51bd0e",
    "client_id": "mark-3-77aa10",
    "client_secret": "mark-4-e0c411&x=1",
    "api_key": "mark-5-0d9b6e",
    "signing_secret": "mark-7-c2e9b0-signing-the-whole-webhook",
    "previous_secret": "mark-8-41d7fe-signing-the-old-webhook",
    "token": "mark-9-5b3cf2",
    "password": "mark-10-8e1a6d",
}
TOKEN = "mark-6-token-a81f"
SETTINGS: dict[str, dict[str, Any]] = {
    "netvisor": {"customer_id": "Cust_1", "partner_id": "Part_1", "organisation_id": "1234567-8"},
    "procountor": {"iban": "FI3715903000000776"},
    "webhook": {},
    "finvoice": {**FINVOICE_SETTINGS, "delivery": "http"},
    "peppol": {**EINVOICE_SETTINGS, "delivery": "http", "customer_number_as_reference": True},
}
GIVEN = {
    "netvisor": ("customer_key", "partner_key"),
    "procountor": ("client_id", "client_secret", "api_key"),
    "webhook": ("signing_secret", "previous_secret"),
    "finvoice": ("token", "password"),
    "peppol": ("token", "password"),
}


def echoing(target: str) -> list[Reply]:
    """Answers that say every secret back: as errors, as successes, as nonsense, in headers."""
    said = json.dumps({"said": list(MARKS.values()), "access_token": TOKEN}, ensure_ascii=False).encode()
    raw = " ".join(MARKS.values()).replace("&", "&amp;")
    headers = [f"Set-Cookie: s={MARKS['partner_key']}", f"X-Debug: {MARKS['api_key']}"]
    if target == "procountor":
        token = json.dumps({"access_token": TOKEN, "expires_in": 600}).encode()
        problem = json.dumps({"errors": [{"field": "x", "message": " ".join(MARKS.values()) + TOKEN}]}).encode()
        return [
            http_reply(token, "200 OK", *headers),
            http_reply(problem, "400 Bad Request", *headers),
            http_reply(said, "500 Internal Server Error", *headers),
        ]
    if target != "netvisor":
        return [http_reply(said, status, *headers) for status in ("400 Bad Request", "401 Unauthorized")] + [
            http_reply(said, "500 Internal Server Error", *headers)
        ]
    failed = "<Root><ResponseStatus><Status>FAILED</Status><Status>{} :: {}</Status></ResponseStatus></Root>"
    return [
        http_reply(failed.format("AUTHENTICATION_FAILED", raw).encode(), "200 OK", *headers),
        http_reply(failed.format("INVALID_DATA", raw).encode(), "200 OK", *headers),
        http_reply(said, "500 Internal Server Error", *headers),
    ]


def everything_stored(billing: Billing) -> str:
    """All tables as text but the sealed secrets themselves."""
    found = []
    with billing.database.read(system_context("test")) as uow:
        for table in [*Base.metadata.sorted_tables, *INFRASTRUCTURE.sorted_tables]:
            for row in uow.session.connection().execute(text(f"SELECT * FROM {table.name}")):
                found += [str(bytes(value) if isinstance(value, memoryview) else value) for value in row]
        found += [bytes(body).decode() for body in uow.session.execute(select(outbox.c.payload)).scalars()]
    return "\n".join(found)


def address(target: str, url: str) -> dict[str, str]:
    return {"http_url": f"{url}/in"} if SETTINGS[target].get("delivery") else {"url": url}


def test_every_kind_of_connection_with_secrets_is_tried() -> None:
    assert set(GIVEN) == {name for name, kind in TARGETS.items() if kind.secrets or kind.optional_secrets}


@pytest.mark.parametrize("target", GIVEN)
def test_no_secret_comes_out(
    billing: Billing, target: str, capsys: pytest.CaptureFixture[str], everything_logged: io.StringIO
) -> None:
    billing.vault = Vault({target: built_in(Site(private_webhooks=True))[target]}, billing.vault.box)
    secrets = {name: MARKS[name] for name in GIVEN[target]}
    with fault_server(*echoing(target), *echoing(target)) as server:
        wish = ConnectionWish("Kirjat", {**SETTINGS[target], **address(target, server.url)}, secrets, True, True)
        creation = Creation("connection", None, "", new_id())
        connection = create_connection(billing.begin(), billing.vault, creation, target, wish)
        for _ in range(3):
            billing.approve(billing.customer())
        for _ in range(4):
            billing.dispatcher().run_once()
            billing.pass_time(400)
            resume_connection(billing.begin(), connection.id, None, now=billing.clock())  # if a refusal paused it
        assert len(server.requests) >= 3
    views = [desk.get_dispatch(billing.read(), dispatch.id) for dispatch in billing.dispatches()]
    exchanges = [each for view in views for trace in view.traces.values() for each in trace]
    assert len(exchanges) >= 3
    assert any(each["status"] == 500 for each in exchanges)
    seen = {
        "stored": everything_stored(billing),
        "events": json.dumps([event.data for event in billing.events()]),
        "answers": str([vars(view.dispatch) for view in views]) + str(exchanges),
        "logs": "".join(capsys.readouterr()) + everything_logged.getvalue(),
    }
    for place, content in seen.items():
        for name, mark in {**secrets, "token": TOKEN}.items():
            assert mark not in content, f"{name} stands in {place}"
            assert mark[:13] not in content, f"a part of {name} stands in {place}"


def test_a_trace_shows_what_was_sent_and_answered(billing: Billing) -> None:
    billing.vault = Vault({"netvisor": TARGETS["netvisor"]}, billing.vault.box)
    reply = http_reply(
        b"<Root><ResponseStatus><Status>OK</Status></ResponseStatus></Root>", "200 OK", "X-Request-Id: 7"
    )
    with fault_server(reply, http_reply(b"oops", "502 Bad Gateway")) as server:
        secrets = {name: MARKS[name] for name in TARGETS["netvisor"].secrets}
        wish = ConnectionWish("Kirjat", {"url": server.url, **SETTINGS["netvisor"]}, secrets, True, True)
        create_connection(billing.begin(), billing.vault, Creation("connection", None, "", new_id()), "netvisor", wish)
        billing.approve(billing.customer())
        billing.dispatcher().run_once()
    view = desk.get_dispatch(billing.read(), billing.the_dispatch().id)
    (trace,) = view.traces.values()
    assert [(each["method"], each["status"]) for each in trace][:2] == [("GET", 200), ("POST", 502)]
    assert trace[0]["answer_headers"]["x-request-id"] == "7"
    assert {value for name, value in trace[0]["request_headers"].items() if "mac" in name.lower()} == {"***"}
    assert "<name>As Oy Esimerkin Koivuranta 3</name>" in trace[1]["request_body"]
    assert trace[1]["answer_body"] == "oops"


def test_without_knowing_the_secrets_nothing_is_kept(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    dispatcher = Dispatcher(
        billing.database,
        billing.wakeup,
        billing.vault.open_leased,
        DispatcherSettings(),
        owner="test",
        clock=billing.clock,
    )
    dispatcher.run_once()
    assert billing.the_dispatch().state == "accepted"
    with billing.read() as uow:
        assert uow.session.scalars(select(AttemptTrace)).all() == []
