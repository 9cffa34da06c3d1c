"""Billing over HTTP: the whole layer on a real database."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.billing.app.connections import Vault
from services.billing.app.dispatcher import Dispatcher, DispatcherSettings
from services.billing.app.numbers import issue_number
from services.billing.app.orders import register_approved_order
from services.billing.app.payments import PaymentPoller, PaymentSettings
from services.billing.bootstrap import SERVICE
from services.billing.domain.outcomes import Rejected
from services.billing.domain.payments import PaymentState, PaymentStatus
from services.billing.domain.preflight import Problem
from services.billing.domain.reason_texts import REASONS
from services.billing.messaging.inbound import approval_of, on_customer_changed
from services.billing.tests.fakes import FakeKind, FakeTarget
from services.billing.tests.integration.conftest import CUSTOMER, ROW
from shared.bus.envelope import Event
from shared.clock import utc_now
from shared.crypto import SecretBox
from shared.ids import new_id
from shared.testing.schema import schema_differences, tables_open_to_other_tenants
from shared.testing.service import Caller, ServiceUnderTest, service_under_test

EVERYTHING = ("billing.read", "billing.write", "connections.manage")
SECRET = "erittain-salainen-avain"


class Api:
    """The service, its fake target and a caller with all permissions."""

    def __init__(self, service: ServiceUnderTest, target: FakeTarget) -> None:
        self.service = service
        self.target = target
        self.biller: Caller = service.caller(*EVERYTHING)

    def connect(self) -> dict[str, Any]:
        body = {
            "target": "fake",
            "name": "Kirjanpito",
            "settings": {"url": "http://127.0.0.1"},
            "secrets": {"key": SECRET},
        }
        answer = self.biller.post("/connections", body)
        assert answer.status_code == 201, answer.json
        created: dict[str, Any] = answer.json
        return created

    def approve(self, rhythm: str = "monthly", *rows: dict[str, Any]) -> str:
        """Let a new customer's order be approved; returns the customer's id."""
        customer_id = new_id()
        data = {**CUSTOMER, "id": customer_id, "billing_rhythm": rhythm}
        event = Event(
            new_id(), "customer.changed.v1", "customers", customer_id, utc_now(), "customer", 1, customer_id,
            new_id(), None, self.service.tenant_id, None, data,
        )  # fmt: skip
        order = {
            "id": new_id(),
            "number": "1001",
            "billing_round": 1,
            "customer_id": customer_id,
            "type": "extra_work",
            "description": "Työ",
            "references": {},
            "site_name": None,
            "site_address": None,
            "approved_at": "2026-11-21T10:00:00.000Z",
            "rows": [{**ROW, "id": new_id(), **row} for row in rows or ({},)],
        }
        with self.service.begin() as uow:
            on_customer_changed(uow, event)
            register_approved_order(uow, approval_of(order), now=utc_now())
            uow.commit()
        return customer_id

    def ask_for_payments(self, told: PaymentStatus) -> None:
        """Let the target tell this of the tenant's one invoice, two hours later."""
        (dispatch,) = self.biller.get("/dispatches").json["items"]
        self.target.payments[dispatch["target_id"]] = told
        runtime = self.service.runtime
        poller = PaymentPoller(
            runtime.database,
            runtime.wakeup,
            runtime.own.open_leased,
            PaymentSettings(gap_s=0.0),
            owner="test/payments",
            clock=lambda: utc_now() + timedelta(hours=2),
        )
        assert poller.run_once() > 0

    def dispatch(self) -> None:
        runtime = self.service.runtime
        Dispatcher(
            runtime.database,
            runtime.wakeup,
            runtime.own.open_leased,
            DispatcherSettings(),
            owner="test",
            secrets_of=runtime.own.secrets_of,
        ).run_once()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServiceUnderTest, FakeTarget]]:
    target = FakeTarget()
    vault = Vault({"fake": FakeKind(target)}, SecretBox(bytes(32)))
    definition = replace(SERVICE, extend=lambda _runtime: vault)
    folder: Path = tmp_path_factory.mktemp("billing")
    with service_under_test(definition, request.param, folder) as found:
        yield found, target


@pytest.fixture
def api(service: tuple[ServiceUnderTest, FakeTarget]) -> Api:
    service[0].take_new_tenants()
    service[1].__init__()  # type: ignore[misc]
    return Api(*service)


def test_schema_and_models_agree(api: Api) -> None:
    assert schema_differences(api.service.engine, SERVICE.metadata) == []


def test_postgresql_keeps_tenants_apart_by_itself(api: Api) -> None:
    if api.service.database.is_sqlite:
        return
    api.connect()
    api.approve("immediate")
    api.dispatch()
    assert tables_open_to_other_tenants(api.service.engine, SERVICE.metadata, api.service.tenant_id) == []


def test_a_month_from_the_pool_to_the_target(api: Api) -> None:
    api.connect()
    customer = api.approve("monthly", {}, {"quantity": "1"})
    pool = api.biller.get(f"/billable-rows?customer_id={customer}").json["items"]
    assert [row["open"] for row in pool] == ["2.500", "1.000"]
    batch = api.biller.post("/batches", {"customer_ids": [customer]})
    assert batch.status_code == 201
    path = f"/batches/{batch.json['id']}"
    preview = api.biller.get(f"{path}/preview").json["items"]
    assert preview[0]["document"]["gross"] == "197.66"
    assert preview[0]["problems"] == []
    locked = api.biller.post(f"{path}/lock", if_match=batch.json["version"])
    assert (locked.status_code, locked.json["state"]) == (200, "locked")
    assert locked.headers["ETag"] == f'"{locked.json["version"]}"'
    assert api.biller.post(f"{path}/lock").status_code == 409
    assert api.biller.post(f"{path}/unlock", if_match=1).status_code == 412
    assert api.biller.post(f"{path}/dispatch").json["state"] == "dispatching"
    api.dispatch()
    assert api.biller.get(path).json["state"] == "done"
    (document,) = api.biller.get(f"/documents?batch_id={batch.json['id']}").json["items"]
    shown = api.biller.get(f"/documents/{document['id']}").json
    assert shown["lines"][0]["quantity"] == "3.500"
    assert shown["dispatches"][0]["target_id"] == "i1"
    assert shown["gross"] == api.target.invoices[0]["gross"] == "197.66"


def test_the_desk_over_http(api: Api) -> None:
    api.connect()
    api.target.faults = ["rejected"]
    api.approve("immediate")
    api.dispatch()
    (dispatch,) = api.biller.get("/dispatches?attention=true").json["items"]
    path = f"/dispatches/{dispatch['id']}"
    shown = api.biller.get(path).json
    assert (shown["error_code"], shown["history"][0]["outcome"]) == ("fake.period_lock", "Rejected")
    assert shown["document"]["id"] == dispatch["document_id"]
    assert api.biller.post(f"{path}/retry", if_match=1).status_code == 412
    assert api.biller.post(f"{path}/retry", if_match=dispatch["version"]).json["state"] == "waiting"
    api.dispatch()
    assert api.biller.get(path).json["state"] == "accepted"
    refused = api.biller.post(f"{path}/skip", {"reason": "pois"})
    assert (refused.status_code, refused.json["code"]) == (409, "dispatch.forbidden_step")
    resolve = api.biller.post(f"{path}/resolve", {"found": True})
    assert (resolve.status_code, resolve.json["errors"][0]["pointer"]) == (422, "/target_id")


def test_secrets_never_come_out(api: Api, everything_logged: io.StringIO) -> None:
    created = api.connect()
    path = f"/connections/{created['id']}"
    answers = [api.biller.get(path), api.biller.get("/connections"), api.biller.post(f"{path}/test")]
    change = {
        "name": "Uusi",
        "settings": {"url": "http://127.0.0.1"},
        "is_default": True,
        "active": True,
        "secrets": {"key": SECRET + "2"},
    }
    answers.append(api.biller.call("PUT", path, json=change, if_match=created["version"]))
    answers.append(api.biller.post("/connections", {**change, "target": "fake", "secrets": {"kye": SECRET}}))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 422]
    for answer in answers:
        assert SECRET not in answer.get_data(as_text=True)
    assert "/connections/" in everything_logged.getvalue()
    assert SECRET not in everything_logged.getvalue()


def test_a_connection_that_does_not_work_is_a_problem_document(api: Api) -> None:
    created = api.connect()
    api.target.problem = "Avain ei kelpaa."
    answer = api.biller.post(f"/connections/{created['id']}/test")
    assert (answer.status_code, answer.json["code"]) == (422, "connection.problem")
    assert (answer.json["detail"], answer.json["explanation"]["owner"]) == ("Avain ei kelpaa.", "connection")


@pytest.mark.parametrize(("language", "word"), [("fi", "hyvitä"), ("sv", "Kreditera"), ("en", "credit it")])
def test_a_refused_step_is_explained_in_the_language_of_the_caller(api: Api, language: str, word: str) -> None:
    api.connect()
    api.approve("immediate")
    api.dispatch()
    (dispatch,) = api.biller.get("/dispatches").json["items"]
    one, many = f"/dispatches/{dispatch['id']}/skip", "/dispatches/retry"
    refused = api.biller.post(f"{one}?lang={language}", {"reason": "pois"})
    assert (refused.status_code, refused.json["explanation"]["code"]) == (409, "dispatch.is_accepted")
    assert word in refused.json["explanation"]["text"]
    assert "reason" not in refused.json
    (entry,) = api.biller.post(f"{many}?lang={language}", {"ids": [dispatch["id"]]}).json["refused"]
    assert entry["explanation"]["code"] == "dispatch.nothing_left"


def test_who_may_not_is_told_so_in_words(api: Api) -> None:
    viewer = api.service.caller("billing.read")
    refused = viewer.call("POST", "/dispatches/retry?lang=sv", json={"ids": ["x"]})
    assert (refused.status_code, refused.json["explanation"]["code"]) == (403, "forbidden")
    assert "huvudanvändaren" in refused.json["explanation"]["text"]


def test_the_kinds_of_targets_are_described(api: Api) -> None:
    (kind,) = api.biller.get("/connections/targets").json["items"]
    assert kind["target"] == "fake"
    assert kind["secrets"] == [{"name": "key", "required": True}]
    assert kind["settings"]["required"] == ["url"]


def test_billing_says_what_it_knows_of_a_customer(api: Api) -> None:
    customer_id = api.approve("monthly")

    known = api.biller.get(f"/customers/{customer_id}").json
    stranger = api.service.caller(*EVERYTHING, tenant_id=new_id()).get(f"/customers/{customer_id}")

    assert (known["version"], known["billing_rhythm"], known["name"]) == (1, "monthly", CUSTOMER["name"])
    assert (stranger.status_code, api.biller.get(f"/customers/{new_id()}").status_code) == (404, 404)


def test_settings_have_defaults_and_a_version(api: Api) -> None:
    assert api.biller.get("/settings").json == {
        "version": 0,
        "merge_rows": True,
        "mixed_vat": "vat_groups",
        "vat_policy": "per_rate",
    }
    body = {"merge_rows": False, "mixed_vat": "split", "vat_policy": "per_line"}
    changed = api.biller.call("PUT", "/settings", json=body, if_match=0)
    assert changed.json == {"version": 1, **body}


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "/billable-rows", "billing.read"),
        ("GET", "/batches", "billing.read"),
        ("GET", "/documents", "billing.read"),
        ("GET", "/dispatches", "billing.read"),
        ("GET", "/connections", "billing.read"),
        ("GET", "/settings", "billing.read"),
    ],
)
def test_reading_needs_its_permission(api: Api, method: str, path: str, permission: str) -> None:
    assert api.service.caller("workorders.read").call(method, path).status_code == 403
    assert api.service.caller(permission).call(method, path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/batches"),
        ("POST", "/batches/x/lock"),
        ("POST", "/batches/x/unlock"),
        ("POST", "/batches/x/dispatch"),
        ("POST", "/billable-rows/x/close"),
        ("POST", "/dispatches/x/retry"),
        ("POST", "/dispatches/x/skip"),
        ("POST", "/dispatches/x/resolve"),
        ("POST", "/connections"),
        ("PUT", "/connections/x"),
        ("DELETE", "/connections/x"),
        ("POST", "/connections/x/test"),
        ("PUT", "/settings"),
    ],
)
def test_changing_needs_more_than_reading(api: Api, method: str, path: str) -> None:
    assert api.service.caller("billing.read").call(method, path, json={}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/batches/{}", "/documents/{}", "/dispatches/{}", "/connections/{}", "/batches/{}/preview"]
)
def test_what_is_not_there_or_not_yours_is_404(api: Api, path: str) -> None:
    assert api.biller.get(path.format(new_id())).status_code == 404
    assert api.biller.get(path.format("no-id")).status_code == 404


def test_another_tenant_sees_nothing(api: Api) -> None:
    api.connect()
    api.approve("immediate")
    stranger = api.service.caller(*EVERYTHING, tenant_id=api.service.other_tenant_id)
    for path in ("/documents", "/dispatches", "/connections", "/batches", "/billable-rows"):
        assert api.biller.get(path).status_code == 200
        assert stranger.get(path).json["items"] == []
    (dispatch,) = api.biller.get("/dispatches").json["items"]
    assert stranger.post(f"/dispatches/{dispatch['id']}/retry").status_code == 404


def test_unknown_fields_and_wrong_types_are_named(api: Api) -> None:
    answer = api.biller.post("/batches", {"period_from": "yesterday", "extra": 1})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json["errors"]} == {"/period_from", "/extra"}


def test_a_creation_repeated_with_the_same_key_gives_the_same_batch(api: Api) -> None:
    key = {"Idempotency-Key": new_id()}
    first = api.biller.post("/batches", {}, headers=key)
    again = api.biller.post("/batches", {}, headers=key)
    other = api.biller.post("/batches", {"period_from": "2026-01-01"}, headers=key)
    assert first.json["id"] == again.json["id"]
    assert (again.status_code, other.status_code) == (201, 409)


def test_a_credit_over_http(api: Api) -> None:
    api.connect()
    api.approve("immediate")
    api.dispatch()
    (document,) = api.biller.get("/documents").json["items"]
    path = f"/documents/{document['id']}"
    shown = api.biller.get(path).json
    (row,) = shown["lines"][0]["rows"]
    assert (row["quantity"], row["creditable"], shown["reversed_by"]) == ("2.500", "2.500", [])
    wish = {"reason": "Väärä kohde", "rows": [{"row_id": row["row_id"], "quantity": "1"}]}
    assert api.biller.post(f"{path}/reverse", wish, if_match=1).status_code == 412
    assert api.biller.post(f"{path}/reverse", {**wish, "rows": []}).status_code == 400
    key = {"Idempotency-Key": new_id()}
    answers = [api.biller.post(f"{path}/reverse", wish, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].json
    credit = answers[0].json
    assert credit["id"] == answers[1].json["id"]
    assert (credit["reverses_id"], credit["gross"]) == (document["id"], "-56.48")
    assert credit["reverses"]["target_id"] == shown["dispatches"][0]["target_id"]
    assert credit["credit_note"] == {"reason": "Väärä kohde", "rows_then": "pool", "by": credit["credit_note"]["by"]}
    too_much = {**wish, "rows": [{"row_id": row["row_id"], "quantity": "2"}]}
    refused = api.biller.post(f"{path}/reverse", too_much)
    assert (refused.status_code, refused.json["code"]) == (422, "document.more_than_left")
    assert refused.json["errors"][0]["pointer"] == "/rows/0/quantity"
    shown = api.biller.get(path).json
    assert [each["document_id"] for each in shown["reversed_by"]] == [credit["id"]]
    assert shown["lines"][0]["rows"][0]["creditable"] == "1.500"
    reader = api.service.caller("billing.read")
    assert reader.post(f"{path}/reverse", wish).status_code == 403


def test_the_desk_tells_reasons_in_the_callers_language(api: Api) -> None:
    api.connect()
    api.target.prepare_faults = [Rejected("netvisor.product_code", "in its own words", "/lines/0/product_code")] * 9
    api.approve("immediate")
    api.dispatch()
    reason = "reason=netvisor.product_code"
    (dispatch,) = api.biller.get(f"/dispatches?{reason}&lang=sv").json["items"]
    assert dispatch["explanation"] == {
        "code": "netvisor.product_code",
        "text": REASONS["netvisor.product_code"][3],
        "owner": "catalog",
        "field": "/code",
        "line": 1,
    }
    assert dispatch["error_detail"] == "in its own words"
    path = f"/dispatches/{dispatch['id']}"
    english = api.biller.get(path, headers={"Accept-Language": "en-GB, fi;q=0.5"}).json
    assert english["explanation"]["text"] == REASONS["netvisor.product_code"][4]
    assert api.biller.get(path).json["explanation"]["text"] == REASONS["netvisor.product_code"][2]
    summary = api.biller.get("/dispatches/summary?lang=fi").json
    assert summary["attention"] == 1
    assert summary["reasons"][0]["explanation"]["text"] == REASONS["netvisor.product_code"][2]
    assert api.biller.get("/dispatches/summary?lang=xx").status_code == 400
    api.target.prepare_faults = []
    assert api.biller.post("/dispatches/retry", {}).status_code == 400
    told = api.biller.post("/dispatches/retry", {"reason": "netvisor.product_code"}).json
    assert told == {"retried": [dispatch["id"]], "refused": [], "left": 0}
    other = api.biller.post(
        "/connections",
        {"target": "fake", "name": "Toinen", "settings": {"url": "http://127.0.0.1"}, "secrets": {"key": SECRET}},
    )
    moved = api.biller.post(f"{path}/redirect", {"connection_id": other.json["id"]})
    assert (moved.status_code, moved.json["connection_id"]) == (200, other.json["id"])
    assert api.biller.get(path).json["state"] == "skipped"


def test_locking_over_http_names_what_would_be_refused(api: Api) -> None:
    api.connect()
    api.target.foreseen = lambda _document: [Problem("netvisor.postal_code", "x", "/payer/address/postal_code")]
    customer = api.approve("monthly")
    batch = api.biller.post("/batches", {"customer_ids": [customer]}).json
    (item,) = api.biller.get(f"/batches/{batch['id']}/preview?lang=en").json["items"]
    (problem,) = item["problems"]
    assert (problem["severity"], problem["explanation"]["field"]) == ("block", "/billing_address/postal_code")
    assert problem["explanation"]["text"] == REASONS["netvisor.postal_code"][4]
    refused = api.biller.post(f"/batches/{batch['id']}/lock", {"accept_warnings": True})
    assert (refused.status_code, refused.json["code"]) == (422, "batch.not_billable")
    assert refused.json["errors"][0]["pointer"] == "/documents/0/payer/address/postal_code"
    assert api.biller.post(f"/batches/{batch['id']}/lock", {"leave_out": True}).json["code"] == "batch.nothing_to_bill"
    assert api.biller.post(f"/batches/{batch['id']}/lock", {"force": True}).status_code == 400


def test_raw_requests_are_shown_to_those_who_may_read_documents(api: Api) -> None:
    api.connect()
    api.target.faults = ["rejected"] * 9
    api.approve("immediate")
    api.dispatch()
    (dispatch,) = api.biller.get("/dispatches").json["items"]
    path = f"/dispatches/{dispatch['id']}"
    (exchange,) = api.biller.get(path).json["history"][0]["exchanges"]
    assert exchange["method"] == "POST"
    assert CUSTOMER["name"] in exchange["request_body"]
    retried = api.service.caller("billing.write").post(f"{path}/retry")
    assert retried.status_code == 200
    assert [each["exchanges"] for each in retried.json["history"]] == [[], []]


def test_a_dry_run_over_http(api: Api) -> None:
    api.connect()
    api.approve("immediate")
    (document,) = api.biller.get("/documents").json["items"]
    shown = api.biller.post(f"/documents/{document['id']}/dry-run")
    assert shown.status_code == 200
    assert document["key"] in shown.json["payload"]
    assert shown.json["unlinked"] == [{"kind": "customer", "key": CUSTOMER["number"]}]
    assert api.target.sends == 0
    assert api.service.caller("connections.manage").post(f"/documents/{document['id']}/dry-run").status_code == 403


def test_payments_are_shown_with_documents_and_filter_them(api: Api) -> None:
    api.connect()
    api.approve("immediate")
    api.dispatch()
    (document,) = api.biller.get("/documents").json["items"]
    assert (document["payment_state"], document["open_amount"], document["paid_on"]) == (None, None, None)
    api.ask_for_payments(PaymentStatus(PaymentState.PARTLY_PAID, Decimal("41.19"), date(2026, 11, 20)))
    shown = api.biller.get(f"/documents/{document['id']}").json
    told = {"open_amount": "41.19", "paid_on": "2026-11-20"}
    assert {name: shown[name] for name in told} == told
    assert shown["payments"] == [{**told, "state": "partly_paid", "seen_at": shown["payment_asked_at"]}]
    assert len(api.biller.get("/documents?payment_state=partly_paid").json["items"]) == 1
    assert api.biller.get("/documents?payment_state=paid").json["items"] == []
    assert api.biller.get("/documents?payment_state=mostly").status_code == 400


# --- files of documents ---


def send_file(api: Api, document_id: str, name: str, content: bytes) -> Any:
    return api.biller.post(
        f"/documents/{document_id}/attachments",
        data={"file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def test_files_are_added_listed_downloaded_and_taken_away(api: Api) -> None:
    api.connect()
    api.approve("immediate")
    (document,) = api.biller.get("/documents").json["items"]
    content = b"%PDF-1.7 " + b"x" * 2_000_000

    created = send_file(api, document["id"], "../p\u00f6yt\u00e4kirja.pdf", content)

    assert created.status_code == 201, created.json
    assert created.json["name"] == "p\u00f6yt\u00e4kirja.pdf"
    listed = api.biller.get(f"/documents/{document['id']}/attachments").json["items"]
    assert [(each["id"], each["size"], each["media_type"]) for each in listed] == [
        (created.json["id"], len(content), "application/pdf")
    ]
    path = f"/documents/{document['id']}/attachments/{created.json['id']}"
    fetched = api.biller.get(path)
    assert fetched.data == content
    assert fetched.headers["Content-Type"] == "application/pdf"
    assert fetched.headers["Content-Disposition"].startswith("attachment;")
    assert api.biller.get(f"/documents/{document['id']}").json["attachment_count"] == 1
    assert api.biller.delete(path).status_code == 204
    assert api.biller.get(path).status_code == 404


def test_files_that_cannot_go_are_refused(api: Api) -> None:
    api.connect()
    api.approve("immediate")
    (document,) = api.biller.get("/documents").json["items"]
    refused = send_file(api, document["id"], "lasku.pdf", b"<html>")
    assert (refused.status_code, refused.json["code"]) == (422, "attachment.invalid")
    assert [each["pointer"] for each in refused.json["errors"]] == ["/file"]
    assert send_file(api, document["id"], "a.pdf", b"%PDF-" + b"x" * 6_000_000).status_code == 413
    api.dispatch()
    late = send_file(api, document["id"], "a.pdf", b"%PDF-1.7")
    assert (late.status_code, late.json["code"]) == (409, "document.on_its_way")


def test_files_need_their_permission(api: Api) -> None:
    reader = api.service.caller("billing.read")
    api.connect()
    api.approve("immediate")
    (document,) = api.biller.get("/documents").json["items"]
    path = f"/documents/{document['id']}/attachments"
    body = {"data": {"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}, "content_type": "multipart/form-data"}
    assert reader.post(path, **body).status_code == 403
    assert reader.get(path).status_code == 200
    assert api.service.caller("connections.manage").get(path).status_code == 403


# --- a connection that waits for a person, and the numbers it gave out ---


def test_a_paused_connection_is_shown_and_resumed(api: Api) -> None:
    api.dispatch()  # what other tests have left
    connection = api.connect()
    api.approve("immediate")
    api.target.prepare_faults = [Rejected("fake.authentication_failed", "Väärä avain.")]
    api.dispatch()

    shown = api.biller.get(f"/connections/{connection['id']}").json
    (dispatch,) = api.biller.get("/dispatches?lang=en").json["items"]

    assert (shown["paused"]["code"], shown["paused"]["detail"]) == ("fake.authentication_failed", "Väärä avain.")
    assert shown["paused"]["since"] is not None
    assert dispatch["waits_for"]["code"] == "connection.paused"
    assert dispatch["waits_for"]["text"].startswith("The connection waits for a person")
    assert dispatch["waits_for"]["until"] is None
    assert [each["paused"] is not None for each in api.biller.get("/connections").json["items"]] == [True]
    path = f"/connections/{connection['id']}/resume"
    assert api.service.caller("billing.read").post(path).status_code == 403
    resumed = api.biller.post(path)
    assert (resumed.status_code, resumed.json["paused"]) == (200, None)
    api.dispatch()
    assert api.biller.get("/dispatches").json["items"][0]["state"] == "accepted"


def test_the_numbers_of_a_connection_are_listed_in_parts(api: Api) -> None:
    connection = api.connect()
    with api.service.begin() as uow:
        for number in range(1, 6):
            issue_number(uow, connection["id"], f"URK-{number}", first=10, now=utc_now())
        uow.commit()
    path = f"/connections/{connection['id']}/numbers"

    first = api.biller.get(f"{path}?limit=3").json
    rest = api.biller.get(f"{path}?limit=3&after={first['next']}").json

    assert [each["number"] for each in first["items"]] == [10, 11, 12]
    assert [(each["number"], each["state"]) for each in rest["items"]] == [(13, "open"), (14, "open")]
    assert rest["next"] is None
    assert api.biller.get(f"/connections/{new_id()}/numbers").status_code == 404
    assert api.service.caller("connections.manage").get(path).status_code == 403
