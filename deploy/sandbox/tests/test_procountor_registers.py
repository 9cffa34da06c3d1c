"""Business partners, products and what is read about the company. Source: procountor sheet 6, 7."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from deploy.sandbox.tests.builders import procountor_invoice, procountor_row
from deploy.sandbox.tests.conftest import procountor_company
from deploy.sandbox.tests.procountor_client import ProcountorClient

PARTNER: dict[str, Any] = {
    "name": "Testi Oy",
    "type": "CUSTOMER",
    "address": {"name": "Testi Oy", "country": "FINLAND"},
    "invoicingInfo": {"customerNumber": "1001", "identifier": "1234567-1", "identifierType": "BUSINESS_ID"},
    "paymentInfo": {"paymentMethod": "BANK_TRANSFER", "paymentTermDays": "14"},
}
PRODUCT: dict[str, Any] = {
    "type": "SALES",
    "name": "Asennustyö",
    "code": "TYO",
    "unit": "HOUR",
    "discount": 0,
    "price": 68,
    "vat": 25.5,
    "active": True,
    "currency": "EUR",
}


def test_partners_are_found_by_headers_and_number(procountor: ProcountorClient) -> None:
    made = procountor.post("businesspartners", PARTNER).json
    assert procountor.get(f"businesspartners/{made['id']}").json == made

    def found(query: str = "", **headers: str) -> int:
        return len(procountor.get(f"businesspartners{query}", headers).json["results"])

    assert found(identifier="1234567-1") == 1
    assert found(identifier="7654321-1") == 0
    assert found(name="testi") == 1
    assert found("?customerNumber=1001") == 1
    assert found("?customerNumber=1") == 0
    assert found("?type=SUPPLIER") == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"type": "PERSON"}, "type"),
        ({"address": None}, "address"),
        ({"paymentInfo": None}, "paymentInfo"),
        ({"paymentInfo": {"paymentMethod": "BANK_TRANSFER", "paymentTermDays": 14}}, "paymentInfo.paymentTermDays"),
        ({"invoicingInfo": {"ovt": "123"}}, "invoicingInfo.ovt"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_broken_partners_are_refused(procountor: ProcountorClient, change: dict[str, Any], field: str) -> None:
    answer = procountor.post("businesspartners", PARTNER | change)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == field


def test_a_patch_merges_needs_the_version_and_leaves_billing_alone(procountor: ProcountorClient) -> None:
    made = procountor.post("businesspartners", PARTNER | {"billingAddress": {"name": "Laskut"}}).json
    path = f"businesspartners/{made['id']}"
    patch = {"invoicingInfo": {"email": "a@example.com"}, "billingAddress": {"name": "Muu"}}
    assert procountor.call("PATCH", path, patch).status_code == 400
    after = procountor.call("PATCH", f"{path}?version={made['version']}", patch).json
    assert after["invoicingInfo"]["customerNumber"] == "1001"
    assert after["invoicingInfo"]["email"] == "a@example.com"
    assert after["billingAddress"]["name"] == "Laskut"
    gone = procountor.put(path, PARTNER | {"version": after["version"], "registryInfo": {"active": False}})
    assert gone.status_code == 200
    assert procountor.get("businesspartners").json["results"] == []
    assert len(procountor.get("businesspartners?active=false").json["results"]) == 1


def test_products_are_found_by_parts_of_code_and_name(procountor: ProcountorClient) -> None:
    made = procountor.post("products", PRODUCT).json
    procountor.post("products", PRODUCT | {"type": "TRAVEL", "code": "MATKA"})
    assert [one["id"] for one in procountor.get("products").json["results"]] == [made["id"]]
    assert len(procountor.get("products?type=TRAVEL").json["results"]) == 1
    assert len(procountor.get("products?code=yo").json["results"]) == 1
    changed = procountor.put(f"products/{made['id']}", PRODUCT | {"version": made["version"], "price": 70})
    assert changed.json["price"] == 70
    assert procountor.put(f"products/{made['id']}", PRODUCT | {"version": made["version"]}).status_code == 400


@pytest.mark.parametrize("change", [{"vat": 22}, {"code": "x" * 41}, {"price": None}, {"unit": "h"}, {"discount": 101}])
def test_broken_products_are_refused(procountor: ProcountorClient, change: dict[str, Any]) -> None:
    assert procountor.post("products", PRODUCT | change).status_code == 400


def test_an_invoice_may_link_what_exists(procountor: ProcountorClient) -> None:
    partner = procountor.post("businesspartners", PARTNER).json["id"]
    product = procountor.post("products", PRODUCT).json["id"]
    body = procountor_invoice(partnerId=partner, invoiceRows=[procountor_row(productId=product)])
    made = procountor.post("invoices", body)
    assert made.status_code == 200
    other = body | {"partnerId": procountor.post("businesspartners", PARTNER).json["id"]}
    version = made.json["version"]
    assert procountor.put(f"invoices/{made.json['id']}", other | {"version": version}).status_code == 400


def test_what_the_company_uses_can_be_read(sandbox: Flask) -> None:
    client = procountor_company(sandbox, settings={"vat_percentages": [0, "25.5"], "vat_statuses": [1, 12]})
    vats = client.get("vats/default").json
    percentages = [one["vatPercent"] for one in vats["vatInformation"][0]["percentages"]]
    assert percentages == [0, 25.5]
    assert [one["vatStatus"] for one in vats["vatStatuses"]] == [1, 12]
    assert client.get("vats/country?countryCode=FI").json == {"vatPercentages": [0, 25.5]}
    assert client.get("bankaccounts").json["results"][0]["accountNumber"] == "FI2112345600000785"
    assert client.get("company").status_code == 200
