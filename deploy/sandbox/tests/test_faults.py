"""Failures on request, seen through a real connection, and what is in the books afterwards."""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from deploy.sandbox.faults import KINDS, BadFault, Fault, FaultPlan
from deploy.sandbox.tests.builders import invoice, procountor_invoice
from deploy.sandbox.tests.netvisor_client import NetvisorClient, signed_headers
from deploy.sandbox.tests.procountor_client import ProcountorClient

ADD = "salesinvoice.nv?method=add"
SAVED = {
    "timeout_after_save",
    "reset_after_save",
    "error_500_after_save",
    "garbage",
    "truncated",
    "ok_without_id",
}


def add_over_http(address: str, client: NetvisorClient, timeout_s: float = 5) -> tuple[int, bytes] | str:
    """Status and body of adding an invoice through a socket, or the name of what went wrong."""
    url = f"{address}/netvisor/{ADD}"
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        headers = signed_headers(client.credentials, url)
        connection.request("POST", f"{parts.path}?{parts.query}", invoice(comment="k").encode(), headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("timeout_before_save", ("TimeoutError",)),
        ("timeout_after_save", ("TimeoutError",)),
        ("reset_before_save", ("ConnectionResetError", "RemoteDisconnected")),
        ("reset_after_save", ("ConnectionResetError", "RemoteDisconnected")),
        ("truncated", ("IncompleteRead", "ConnectionResetError")),
    ],
)
def test_broken_connections(served: str, netvisor: NetvisorClient, kind: str, seen: tuple[str, ...]) -> None:
    netvisor.fault(kind=kind, delay_s=1)
    assert add_over_http(served, netvisor, timeout_s=0.3 if kind.startswith("timeout") else 5) in seen
    assert len(netvisor.books()["invoices"]) == (1 if kind in SAVED else 0)
    answer = add_over_http(served, netvisor)
    assert isinstance(answer, tuple)
    assert b"<Status>OK</Status>" in answer[1]


def test_a_look_up_is_answered_while_a_call_hangs(served: str, netvisor: NetvisorClient) -> None:
    netvisor.fault(kind="timeout_after_save", delay_s=2)
    assert add_over_http(served, netvisor, timeout_s=0.2) == "TimeoutError"
    assert netvisor.call("salesinvoicelist.nv").text("SalesInvoiceList/SalesInvoice/InvoiceNumber") == "1"


def test_a_hanging_call_ends_after_its_delay(served: str, netvisor: NetvisorClient) -> None:
    netvisor.fault(kind="timeout_before_save", delay_s=0.2)
    started = time.monotonic()
    assert add_over_http(served, netvisor) in ("RemoteDisconnected", "ConnectionResetError")
    assert 0.2 <= time.monotonic() - started < 3


def test_netvisor_faults_that_answer(netvisor: NetvisorClient) -> None:
    expected: dict[str, Any] = {
        "maintenance": ("SYSTEM_MAINTENANCE", 0),
        "validation_error": ("INVALID_DATA", 0),
        "expired_token": ("AUTHENTICATION_FAILED", 0),
        "ok_without_id": ("OK", 1),
    }
    saved = 0
    for kind, (code, more) in expected.items():
        netvisor.fault(kind=kind)
        reply = netvisor.call(ADD, invoice())
        assert (reply.code, reply.root.find("Replies")) == (code, None), kind
        saved += more
        assert len(netvisor.books()["invoices"]) == saved, kind


@pytest.mark.parametrize(
    ("kind", "status"), [("unavailable_503", 503), ("error_500_after_save", 500), ("rate_429", 429), ("garbage", 200)]
)
def test_faults_by_http_status(netvisor: NetvisorClient, kind: str, status: int) -> None:
    netvisor.fault(kind=kind, retry_after_s=7)
    response = netvisor.raw(ADD, invoice())
    assert response.status_code == status
    assert b"<Status>OK" not in response.data
    assert (response.headers.get("Retry-After") == "7") is (status in (503, 429))
    assert len(netvisor.books()["invoices"]) == (1 if kind in SAVED else 0)


def test_procountor_faults_that_answer(procountor: ProcountorClient) -> None:
    expected = {
        "maintenance": (503, 0),
        "validation_error": (400, 0),
        "rate_429": (429, 0),
        "error_500_after_save": (500, 1),
        "ok_without_id": (200, 1),
        "garbage": (200, 1),
    }
    saved = 0
    for kind, (status, more) in expected.items():
        procountor.fault(kind=kind)
        answer = procountor.post("invoices", procountor_invoice())
        assert answer.status_code == status, kind
        if kind == "ok_without_id":
            assert "id" not in answer.json
        saved += more
        assert len(procountor.books()["invoices"]) == saved, kind


def test_an_expired_token_stays_expired(procountor: ProcountorClient) -> None:
    procountor.fault(kind="expired_token", resource="invoices")
    assert procountor.post("invoices", procountor_invoice()).status_code == 401
    assert procountor.post("invoices", procountor_invoice()).status_code == 401
    procountor.fetch_token()
    assert procountor.post("invoices", procountor_invoice()).status_code == 200


def test_the_token_address_fails_only_when_named(procountor: ProcountorClient) -> None:
    procountor.fault(kind="unavailable_503", resource="invoices")
    assert procountor.fetch_token().status_code == 200
    procountor.fault(kind="unavailable_503", resource="oauth/token")
    assert procountor.fetch_token().status_code == 503


def test_refused_data_is_not_dressed_up_as_success(netvisor: NetvisorClient) -> None:
    netvisor.fault(kind="ok_without_id")
    assert netvisor.call(ADD, invoice(customer="404")).code == "INVALID_DATA"


def test_faults_count_down_and_filter(netvisor: NetvisorClient) -> None:
    netvisor.fault(kind="maintenance", times=2, resource="salesinvoice.nv")
    codes = [netvisor.call("customerlist.nv").code] + [netvisor.call(ADD, invoice()).code for _ in range(3)]
    assert codes == ["OK", "SYSTEM_MAINTENANCE", "SYSTEM_MAINTENANCE", "OK"]
    assert netvisor.books()["calls"]["fault maintenance"] == 2


def test_faults_of_something_saved_leave_reads_alone(netvisor: NetvisorClient) -> None:
    netvisor.fault(kind="error_500_after_save")
    assert netvisor.call("salesinvoicelist.nv").code == "OK"
    assert netvisor.raw(ADD, invoice()).status_code == 500


def test_deleting_the_faults_makes_all_well(sandbox: Flask, netvisor: NetvisorClient) -> None:
    netvisor.fault(kind="maintenance", probability=1.0)
    assert netvisor.call("customerlist.nv").code == "SYSTEM_MAINTENANCE"
    assert sandbox.test_client().delete(f"{netvisor.admin}/faults").status_code == 204
    assert netvisor.call("customerlist.nv").code == "OK"


def test_probabilities_repeat_with_their_seed() -> None:
    def struck(seed: int) -> list[bool]:
        plan = FaultPlan()
        plan.add(Fault.from_json({"kind": "maintenance", "probability": 0.5, "seed": seed}))
        return [plan.draw("POST", "x") is not None for _ in range(40)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 8 < sum(struck(1)) < 32


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "fire"},
        {"kind": KINDS[0], "delay_s": 3600},
        {"kind": KINDS[0], "probability": 2},
        {"kind": KINDS[0], "times": "many"},
        {"kind": KINDS[0], "colour": 1},
    ],
)
def test_bad_faults_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadFault):
        Fault.from_json(body)
