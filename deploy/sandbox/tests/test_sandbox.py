"""The admin interface, the demo companies, keeping the books over a restart, many clients at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from flask import Flask

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.config import BadSettings, NetvisorSettings, ProcountorSettings, with_overrides
from deploy.sandbox.demo import NETVISOR, PROCOUNTOR
from deploy.sandbox.tests.builders import invoice, procountor_invoice
from deploy.sandbox.tests.conftest import netvisor_company, procountor_company
from deploy.sandbox.tests.netvisor_client import NetvisorClient
from deploy.sandbox.tests.procountor_client import ProcountorClient

ADD = "salesinvoice.nv?method=add"


def test_the_demo_companies_work_with_their_documented_credentials() -> None:
    http = create_sandbox().test_client()
    netvisor = NetvisorClient(http, {"id": "demo", "credentials": NETVISOR["demo"]})
    assert netvisor.call(ADD, invoice(customer="1")).code == "OK"
    procountor = ProcountorClient(http, {"id": "demo", "credentials": PROCOUNTOR["demo"]})
    assert procountor.post("invoices", procountor_invoice()).status_code == 200


@pytest.mark.parametrize("which", ["netvisor", "procountor"])
def test_companies_are_made_described_changed_and_deleted(sandbox: Flask, which: str) -> None:
    http = sandbox.test_client()
    made = http.post(f"/sandbox/{which}/companies", json={"id": "a", "name": "A Oy", "settings": {"latency_s": 0}})
    assert made.status_code == 201
    assert http.post(f"/sandbox/{which}/companies", json={"id": "a"}).status_code == 409
    assert http.get(f"/sandbox/{which}/companies").json == {"companies": [made.json]}
    changed = http.patch(f"/sandbox/{which}/companies/a/settings", json={"latency_s": 0.001})
    assert changed.json["settings"]["latency_s"] == 0.001
    assert http.patch(f"/sandbox/{which}/companies/a/settings", json={"colour": 1}).status_code == 400
    assert http.delete(f"/sandbox/{which}/companies/a").status_code == 204
    assert http.get(f"/sandbox/{which}/companies/a/books").status_code == 404


@pytest.mark.parametrize("body", [{"credentials": {"password": "x"}}, {"id": 5}, {"settings": {"overlap": "maybe"}}])
def test_bad_companies_are_refused(sandbox: Flask, body: dict[str, object]) -> None:
    assert sandbox.test_client().post("/sandbox/netvisor/companies", json=body).status_code == 400


@pytest.mark.parametrize("which", ["netvisor", "procountor"])
def test_two_companies_can_not_share_their_credentials(sandbox: Flask, which: str) -> None:
    http = sandbox.test_client()
    made = http.post(f"/sandbox/{which}/companies", json={}).json
    again = http.post(f"/sandbox/{which}/companies", json={"credentials": made["credentials"]})
    assert again.status_code == 409


def test_unknown_simulators_and_companies_are_404(sandbox: Flask) -> None:
    http = sandbox.test_client()
    assert http.get("/sandbox/fennoa/companies").status_code == 404
    assert http.post("/sandbox/netvisor/companies/x/faults", json={"kind": "garbage"}).status_code == 404


def test_an_admin_key_guards_the_admin_interface_only() -> None:
    http = create_sandbox(SandboxConfig(admin_key="s3cret")).test_client()
    assert http.get("/sandbox/netvisor/companies").status_code == 401
    assert http.get("/sandbox/netvisor/companies", headers={"X-Sandbox-Key": "s3cret"}).status_code == 200
    assert http.get("/procountor/api/status").status_code == 200


def test_settings_are_converted_or_refused() -> None:
    changed = with_overrides(NetvisorSettings(), {"locked_until": "2026-01-31", "known_router_codes": ["A"]})
    assert changed.locked_until is not None
    assert changed.known_router_codes == ("A",)
    for overrides in ({"allow_md5": "yes"}, {"locked_until": "soon"}, {"overlap": "x"}, {"max_skew_s": "a"}):
        with pytest.raises(BadSettings):
            with_overrides(NetvisorSettings(), overrides)
    with pytest.raises(BadSettings):
        with_overrides(ProcountorSettings(), {"rounding": "up"})


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    config = SandboxConfig(seed_demo=True, data_path=tmp_path / "sandbox.sqlite")
    first = create_sandbox(config)
    netvisor = netvisor_company(first, id="n")
    netvisor.add_customer()
    netvisor.add_product()
    netvisor.call(ADD, invoice(comment="k"))
    procountor = procountor_company(first, id="p")
    procountor.post("invoices", procountor_invoice(originalInvoiceNumber="k"))
    before = [netvisor.books(), procountor.books()]

    second = create_sandbox(config).test_client()
    again = NetvisorClient(second, {"id": "n", "credentials": netvisor.credentials})
    also = ProcountorClient(second, {"id": "p", "credentials": procountor.credentials})
    for old, new in zip(before, [again.books(), also.books()], strict=True):
        assert {**old, "calls": {}} == {**new, "calls": {}}
    assert again.call(ADD, invoice()).code == "OK"
    assert also.post("invoices", procountor_invoice()).status_code == 200
    assert [one["number"] for one in again.books()["invoices"]] == ["1", "2"]
    assert [one["number"] for one in also.books()["invoices"]] == ["1", "2"]


def test_many_clients_at_once_lose_nothing_and_share_no_number(sandbox: Flask) -> None:
    netvisor = netvisor_company(sandbox, settings={"overlap": "wait"})
    netvisor.add_customer()
    netvisor.add_product()
    procountor = procountor_company(sandbox)
    procountor.fetch_token()

    def work() -> None:
        for _ in range(10):
            netvisor.call(ADD, invoice())
            procountor.post("invoices", procountor_invoice())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    for client in (netvisor, procountor):
        books = client.books()
        assert sorted(int(one["number"]) for one in books["invoices"]) == list(range(1, 41))
        assert books["totals"]["gross"] == "8534.00"
