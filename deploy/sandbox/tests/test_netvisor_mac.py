"""The MAC, the clock, replays and the address. Source: netvisor sheet 2 to 4."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.netvisor import mac
from deploy.sandbox.tests.conftest import netvisor_company
from deploy.sandbox.tests.netvisor_client import NetvisorClient, signed_headers

VECTOR = (
    "https://isvapi.netvisor.fi/salesinvoice.nv?method=add",
    "FieldSuite",
    "Cust_1",
    "2025-06-01 12:00:00.000",
    "FI",
    "1234567-8",
    "tx-0001",
)


@pytest.mark.parametrize(
    ("algorithm", "parts", "expected"),
    [
        (
            "HMACSHA256",
            (*VECTOR, "1748779200"),
            "2898124fd7174b74bd45b9dd5092190a644df4b6235834c33b1fdc4f9d42a9ea",
        ),
        ("SHA256", VECTOR, "903aef992223ae083b9890fe420b288d20b78a7de6afcb8fb51324088651e8bb"),
        ("MD5", VECTOR, "8564a0963ed98f7edfce0e78a261e1c5"),
    ],
)
def test_the_published_vector_is_met(algorithm: str, parts: tuple[str, ...], expected: str) -> None:
    raw = [part.encode() for part in parts]
    assert mac.digest(algorithm, raw, b"ckey1", b"pkey2") == expected
    assert mac.matches(expected.upper(), algorithm, raw, "ckey1", "pkey2")
    assert not mac.matches(expected.upper(), algorithm, raw, "ckey1", "pkey3")


def test_a_signed_call_is_answered(netvisor: NetvisorClient) -> None:
    assert netvisor.call("customerlist.nv").code == "OK"


@pytest.mark.parametrize(
    "changes",
    [
        {"mac": "0" * 64},
        {"organisation_id": "7654321-1"},
        {"language": "DE"},
        {"algorithm": "SHA1"},
        {"timestamp": "yesterday"},
        {"unix": "soon"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_anything_wrong_in_the_headers_is_refused(netvisor: NetvisorClient, changes: dict[str, str]) -> None:
    assert netvisor.call("customerlist.nv", **changes).code == "AUTHENTICATION_FAILED"


@pytest.mark.parametrize(
    "missing", ["Sender", "CustomerId", "PartnerId", "Timestamp", "TransactionId", "MAC", "TimestampUnix"]
)
def test_every_header_is_needed(sandbox: Flask, netvisor: NetvisorClient, missing: str) -> None:
    headers = signed_headers(netvisor.credentials, "http://localhost/netvisor/customerlist.nv")
    del headers[f"X-Netvisor-Authentication-{missing}"]
    answer = sandbox.test_client().get("/netvisor/customerlist.nv", headers=headers)
    assert "AUTHENTICATION_FAILED" in answer.text


def test_refusals_about_the_partner_come_in_the_chosen_language(sandbox: Flask) -> None:
    client = netvisor_company(sandbox)
    client.credentials = {**client.credentials, "partner_id": "nobody"}
    assert client.call("customerlist.nv", language="FI").statuses == [
        "FAILED",
        "AUTHENTICATION_FAILED :: Integraatiokumppania ei löydy, katso dokumentaatio",
    ]


def test_a_wrong_mac_is_explained_without_the_keys(netvisor: NetvisorClient) -> None:
    text = netvisor.call("customerlist.nv", mac="ab").statuses[1]
    assert "http://localhost/netvisor/customerlist.nv&" in text
    assert netvisor.credentials["customer_key"] not in text
    assert netvisor.credentials["partner_key"] not in text


def test_a_used_transaction_id_is_refused_for_the_partner(netvisor: NetvisorClient) -> None:
    assert netvisor.call("customerlist.nv", transaction_id="tx").code == "OK"
    assert netvisor.call("productlist.nv", transaction_id="tx").code == "REQUEST_NOT_UNIQUE"


def test_a_call_with_a_wrong_mac_does_not_use_up_the_transaction_id(netvisor: NetvisorClient) -> None:
    netvisor.call("customerlist.nv", transaction_id="tx", mac="ab")
    assert netvisor.call("customerlist.nv", transaction_id="tx").code == "OK"


def test_old_timestamps_are_refused_and_the_limit_is_a_setting(sandbox: Flask) -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    stale = {"timestamp": f"{old:%Y-%m-%d %H:%M:%S}.000", "unix": str(int(time.time()) - 3600)}
    assert netvisor_company(sandbox).call("customerlist.nv", **stale).code == "AUTHENTICATION_FAILED"
    patient = netvisor_company(sandbox, settings={"max_skew_s": 0})
    assert patient.call("customerlist.nv", **stale).code == "OK"


@pytest.mark.parametrize("timestamp", ["%Y-%m-%d %H:%M:%S.123", "%Y-%m-%dT%H:%M:%S.123Z", "%Y-%m-%dT%H:%M:%S+00:00"])
def test_timestamps_are_read_leniently(netvisor: NetvisorClient, timestamp: str) -> None:
    assert netvisor.call("customerlist.nv", timestamp=datetime.now(UTC).strftime(timestamp)).code == "OK"


def test_sha256_is_taken_and_md5_only_when_enabled(sandbox: Flask) -> None:
    client = netvisor_company(sandbox)
    assert client.call("customerlist.nv", algorithm="SHA256").code == "OK"
    assert client.call("customerlist.nv", algorithm="MD5").code == "AUTHENTICATION_FAILED"
    old = netvisor_company(sandbox, settings={"allow_md5": True})
    assert old.call("customerlist.nv", algorithm="MD5").code == "OK"
    strict = netvisor_company(sandbox, settings={"allow_sha256": False})
    assert strict.call("customerlist.nv", algorithm="SHA256").code == "AUTHENTICATION_FAILED"


@pytest.mark.parametrize("signed", ["keyword=Mei%20%C3%A4", "keyword=Mei ä"], ids=["wire", "decoded"])
def test_the_wire_form_and_the_decoded_form_of_the_address_are_tried(
    sandbox: Flask, netvisor: NetvisorClient, signed: str
) -> None:
    headers = signed_headers(netvisor.credentials, f"http://localhost/netvisor/customerlist.nv?{signed}")
    answer = sandbox.test_client().get("/netvisor/customerlist.nv?keyword=Mei%20%C3%A4", headers=headers)
    assert "<Status>OK</Status>" in answer.text


def test_a_public_address_set_by_configuration_is_honoured() -> None:
    sandbox = create_sandbox(SandboxConfig(seed_demo=False, public_url="https://urakka.example/sandbox"))
    company = netvisor_company(sandbox)
    headers = signed_headers(company.credentials, "https://urakka.example/sandbox/netvisor/customerlist.nv")
    answer = sandbox.test_client().get("/netvisor/customerlist.nv", headers=headers)
    assert "<Status>OK</Status>" in answer.text


def test_a_forwarded_address_is_honoured(sandbox: Flask, netvisor: NetvisorClient) -> None:
    headers = signed_headers(netvisor.credentials, "https://x.example/pre/netvisor/customerlist.nv")
    headers |= {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "x.example",
        "X-Forwarded-Prefix": "/pre",
    }
    answer = sandbox.test_client().get("/netvisor/customerlist.nv", headers=headers)
    assert "<Status>OK</Status>" in answer.text
