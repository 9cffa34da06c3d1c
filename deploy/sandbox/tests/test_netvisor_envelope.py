"""The envelope, letter case, one call at a time, sizes. Source: netvisor sheet 1, 5, 6."""

from __future__ import annotations

import re
import threading

import pytest
from flask import Flask

from deploy.sandbox.tests.builders import invoice
from deploy.sandbox.tests.conftest import netvisor_company
from deploy.sandbox.tests.netvisor_client import NetvisorClient


def test_success_carries_one_status_and_the_new_key(netvisor: NetvisorClient) -> None:
    reply = netvisor.call("salesinvoice.nv?method=add", invoice())
    assert reply.root.tag == "Root"
    assert reply.root[0].tag == "ResponseStatus"
    assert reply.statuses == ["OK"]
    assert reply.inserted > 0
    assert reply.content_type == "text/html; charset=utf-8"


def test_the_timestamp_is_finnish_without_leading_zeros(netvisor: NetvisorClient) -> None:
    text = netvisor.call("customerlist.nv").text("ResponseStatus/TimeStamp")
    assert re.fullmatch(r"[1-9]\d?\.[1-9]\d?\.\d{4} \d\d:\d\d:\d\d", text)


def test_a_failure_is_http_200_unless_status_codes_are_asked_for(netvisor: NetvisorClient) -> None:
    plain = netvisor.call("getcustomer.nv?id=999")
    assert plain.http_status == 200
    assert plain.statuses == [
        "FAILED",
        "INVALID_DATA :: Data form incorrect:. Customer not found with Netvisor identifier: 999",
    ]
    assert netvisor.call("getcustomer.nv?id=999", http_status=True).http_status == 400
    assert netvisor.call("customerlist.nv", http_status=True, mac="ab").http_status == 401


def test_edits_answer_without_replies(netvisor: NetvisorClient) -> None:
    key = netvisor.call("salesinvoice.nv?method=add", invoice()).inserted
    reply = netvisor.call(f"salesinvoice.nv?method=edit&id={key}", invoice())
    assert reply.code == "OK"
    assert reply.root.find("Replies") is None


def test_resource_and_parameter_names_have_no_case(netvisor: NetvisorClient) -> None:
    assert netvisor.call("SalesInvoice.nv?METHOD=ADD", invoice()).inserted > 0
    assert netvisor.call("SalesInvoiceList.nv?InvoicesAboveNetvisorKey=1").code == "OK"


def test_an_unknown_resource_is_http_404(netvisor: NetvisorClient) -> None:
    assert netvisor.raw("salesinvoices.nv").status_code == 404


def test_a_wrong_http_method_is_refused(netvisor: NetvisorClient) -> None:
    assert netvisor.call("salesinvoice.nv?method=add").code == "INVALID_DATA"


@pytest.mark.parametrize(
    "body",
    ["", "no xml", "<root>", "<?xml version='1.0'?><root/>", "<!DOCTYPE a><root/>", "<roots/>", "<root/>"],
)
def test_bodies_that_are_no_request_document_are_refused(netvisor: NetvisorClient, body: str) -> None:
    assert netvisor.call("salesinvoice.nv?method=add", body).code == "INVALID_DATA"


def test_a_body_that_is_too_large_has_its_own_code(sandbox: Flask) -> None:
    client = netvisor_company(sandbox, settings={"max_body_bytes": 100})
    assert client.call("salesinvoice.nv?method=add", invoice()).code == "INVALID_DATA_SIZE"


def test_an_overlapping_call_is_refused_and_counted(sandbox: Flask) -> None:
    client = netvisor_company(sandbox)
    company = sandbox.extensions["sandbox"]["netvisor"].company(client.admin.rsplit("/", 1)[1])
    with company.turn():
        assert client.call("customerlist.nv").code == "TECHNICAL_ERROR"
    assert client.call("customerlist.nv").code == "OK"
    assert client.books()["calls"]["overlapping_calls"] == 1


def test_overlapping_calls_can_wait_by_setting(sandbox: Flask) -> None:
    client = netvisor_company(sandbox, settings={"overlap": "wait"})
    company = sandbox.extensions["sandbox"]["netvisor"].company(client.admin.rsplit("/", 1)[1])
    codes: list[str] = []
    waiting = threading.Thread(target=lambda: codes.append(client.call("customerlist.nv").code))
    with company.turn():
        waiting.start()
        waiting.join(timeout=0.1)
        assert codes == []
    waiting.join(timeout=5)
    assert codes == ["OK"]


def test_companies_never_meet(sandbox: Flask, netvisor: NetvisorClient) -> None:
    netvisor.call("salesinvoice.nv?method=add", invoice())
    other = netvisor_company(sandbox)
    assert other.call("salesinvoicelist.nv").root.find("SalesInvoiceList/SalesInvoice") is None
    assert other.call("salesinvoice.nv?method=add", invoice()).code == "INVALID_DATA"
    assert len(netvisor.books()["invoices"]) == 1
