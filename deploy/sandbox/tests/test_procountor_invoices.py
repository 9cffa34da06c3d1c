"""Invoices: every rule of the body, totals, life, search. Source: procountor sheet 4, 5, 10."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from flask import Flask

from deploy.sandbox.tests.builders import procountor_invoice, procountor_row
from deploy.sandbox.tests.conftest import procountor_company
from deploy.sandbox.tests.procountor_client import ProcountorClient

MISSING = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """A valid body with one value changed; a dotted path, numbers are places in arrays."""
    body = deepcopy(procountor_invoice())
    *parents, last = path.split(".")
    target: Any = body
    for name in parents:
        target = target[int(name)] if name.isdecimal() else target[name]
    if value is MISSING:
        del target[last]
    else:
        target[last] = value
    return body


def fields(answer: Any) -> list[str]:
    """The fields of an error answer."""
    assert answer.status_code == 400, answer.text
    return [error["field"] for error in answer.json["errors"]]


def test_a_new_invoice_is_unfinished_and_comes_back_whole(procountor: ProcountorClient) -> None:
    answer = procountor.post("invoices", procountor_invoice(status="SENT", originalInvoiceNumber="K-1"))
    assert answer.status_code == 200
    made = answer.json
    assert made["status"] == "UNFINISHED"
    assert made["originalInvoiceNumber"] == "K-1"
    assert made["invoiceSumInfo"] == [
        {
            "currency": "EUR",
            "inAccountingCurrency": True,
            "excludingVatTotal": 170,
            "vatSumTotal": 43.35,
            "invoiceSumTotal": 213.35,
        }
    ]
    assert made["billingAddress"]["name"] == "Testi Oy"
    assert procountor.get(f"invoices/{made['id']}").json == made


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "INVOICE"),
        ("type", MISSING),
        ("date", "2.3.2026"),
        ("date", MISSING),
        ("partnerId", 1),
        ("discountPercent", 101),
        ("discountPercent", 1.23456),
        ("discountPercent", MISSING),
        ("vatStatus", 99),
        ("vatStatus", MISSING),
        ("language", "LATIN"),
        ("language", MISSING),
        ("invoiceChannel", "EDIFACT"),
        ("invoiceChannel", MISSING),
        ("orderReference", "x" * 71),
        ("originalInvoiceNumber", "x" * 41),
        ("additionalInformation", "x" * 10_001),
        ("buyerReferenceIdentifier", "x" * 71),
        ("deliveryInstructions", "x" * 256),
        ("deliveryMethod", "OTHER"),
        ("penaltyPercent", 8.125),
        ("vatCountry", "FI"),
        ("factoringContractId", 1),
        ("isOffer", True),
        ("ownIdea", 1),
        ("notes", "kuusi → kiikku"),
        ("counterParty", MISSING),
        ("counterParty.contactPersonName", "x" * 71),
        ("counterParty.bccAddresses", ["a", "b", "c", "d", "e"]),
        ("counterParty.email", MISSING),
        ("counterParty.counterPartyAddress", MISSING),
        ("counterParty.counterPartyAddress.name", "x" * 81),
        ("counterParty.counterPartyAddress.country", "FI"),
        ("counterParty.counterPartyAddress.zip", "x" * 21),
        ("paymentInfo", MISSING),
        ("paymentInfo.paymentMethod", "DIRECT_DEBIT"),
        ("paymentInfo.paymentMethod", "CHEQUE"),
        ("paymentInfo.currency", "EURO"),
        ("paymentInfo.dueDate", "2026-03-01"),
        ("paymentInfo.dueDate", "2028-12-31"),
        ("paymentInfo.currencyRate", 2),
        ("paymentInfo.bankReferenceCode", "12345"),
        ("paymentInfo.bankAccount.accountNumber", "FI21 1234 5600 0007 85"),
        ("paymentInfo.bankAccount.accountNumber", "FI3715903000000776"),
        ("paymentInfo.bankAccount.bic", "NDEAFIHH"),
        ("extraInfo", MISSING),
        ("extraInfo.accountingByRow", "yes"),
        ("extraInfo.unitPricesIncludeVat", MISSING),
        ("invoiceRows", []),
        ("invoiceRows", MISSING),
        ("invoiceRows.0.product", ""),
        ("invoiceRows.0.productId", 1),
        ("invoiceRows.0.quantity", "2"),
        ("invoiceRows.0.unit", "h"),
        ("invoiceRows.0.unitPrice", MISSING),
        ("invoiceRows.0.discountPercent", MISSING),
        ("invoiceRows.0.vatPercent", 22),
        ("invoiceRows.0.vatStatus", 99),
        ("invoiceRows.0.comment", "x" * 513),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 else None,
)
def test_a_broken_rule_is_refused_at_its_field(procountor: ProcountorClient, path: str, value: Any) -> None:
    expected = path.replace(".0.", "[0].")
    assert fields(procountor.post("invoices", changed(path, value))) == [expected]
    assert procountor.books()["invoices"] == []


def test_all_problems_are_told_at_once(procountor: ProcountorClient) -> None:
    body = changed("language", MISSING) | {"vatStatus": 99, "invoiceRows": [procountor_row(unit="h"), {}]}
    found = fields(procountor.post("invoices", body))
    assert {"language", "vatStatus", "invoiceRows[0].unit", "invoiceRows[1].product"} <= set(found)


def test_a_due_date_before_the_invoice_has_its_public_code(procountor: ProcountorClient) -> None:
    answer = procountor.post("invoices", changed("paymentInfo.dueDate", "2026-03-01"))
    assert answer.json["errors"] == [
        {"status": 400, "field": "paymentInfo.dueDate", "message": "DUE_DATE_BEFORE_BILL_DATE"}
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff"])
def test_bodies_that_are_no_json_object_are_400(sandbox: Flask, procountor: ProcountorClient, body: bytes) -> None:
    procountor.fetch_token()
    headers = {"Authorization": f"Bearer {procountor.token}"}
    assert sandbox.test_client().post("/procountor/api/invoices", data=body, headers=headers).status_code == 400


class TestChannels:
    """What the sending channels need (sheet 5.3)."""

    EINVOICE = {"operator": "NDEAFIHH", "address": "003712345671"}

    def test_mail_needs_one_postal_address(self, procountor: ProcountorClient) -> None:
        body = procountor_invoice(invoiceChannel="MAIL")
        full = body["counterParty"]["counterPartyAddress"]
        body["counterParty"]["counterPartyAddress"] = {"name": "Testi Oy"}
        assert "counterParty.counterPartyAddress.street" in fields(procountor.post("invoices", body))
        assert procountor.post("invoices", body | {"billingAddress": full}).status_code == 200

    def test_an_einvoice_needs_address_operator_and_both_postal_addresses(self, procountor: ProcountorClient) -> None:
        body = procountor_invoice(invoiceChannel="ELECTRONIC_INVOICE")
        assert fields(procountor.post("invoices", body)) == ["counterParty.einvoiceAddress"]
        body["counterParty"]["einvoiceAddress"] = {"address": "0037123"}
        found = fields(procountor.post("invoices", body))
        assert found == ["counterParty.einvoiceAddress.operator", "counterParty.einvoiceAddress.address"]
        body["counterParty"]["einvoiceAddress"] = self.EINVOICE
        assert procountor.post("invoices", body).status_code == 200
        without_street = body | {"billingAddress": {"name": "Testi Oy", "zip": "00100", "city": "Helsinki"}}
        assert fields(procountor.post("invoices", without_street)) == ["billingAddress.street"]
        assert "billingAddress.street" in fields(procountor.post("invoices", body | {"billingAddress": {}}))

    def test_an_iban_is_an_einvoice_address_too(self, procountor: ProcountorClient) -> None:
        body = procountor_invoice(invoiceChannel="ELECTRONIC_INVOICE")
        body["counterParty"]["einvoiceAddress"] = self.EINVOICE | {"address": "FI2112345600000785"}
        assert procountor.post("invoices", body).status_code == 200


def test_vat_is_computed_per_rate_or_per_row_by_setting(sandbox: Flask) -> None:
    rows = [procountor_row(quantity=1, unitPrice=price) for price in (377.00, 54.60, 37.35, 24.88)]
    per_rate = procountor_company(sandbox).post("invoices", procountor_invoice(invoiceRows=rows))
    by_row = procountor_company(sandbox, settings={"rounding": "row"})
    per_row = by_row.post("invoices", procountor_invoice(invoiceRows=rows))
    assert per_rate.json["invoiceSumInfo"][0]["vatSumTotal"] == 125.93
    assert per_row.json["invoiceSumInfo"][0]["vatSumTotal"] == 125.92
    assert by_row.books()["totals"]["vat"] == "125.92"


def test_prices_with_vat_and_both_discounts(procountor: ProcountorClient) -> None:
    body = procountor_invoice(
        extraInfo={"accountingByRow": False, "unitPricesIncludeVat": True},
        discountPercent=10,
        invoiceRows=[procountor_row(quantity=1, unitPrice=251.00, discountPercent=50)],
    )
    sums = procountor.post("invoices", body).json["invoiceSumInfo"][0]
    assert (sums["excludingVatTotal"], sums["vatSumTotal"], sums["invoiceSumTotal"]) == (90, 22.95, 112.95)


def test_an_empty_reference_is_generated_an_absent_one_is_not(procountor: ProcountorClient) -> None:
    made = procountor.post("invoices", procountor_invoice()).json
    assert made["paymentInfo"]["bankReferenceCode"]
    without = procountor.post("invoices", changed("paymentInfo.bankReferenceCode", MISSING)).json
    assert "bankReferenceCode" not in without["paymentInfo"]
    given = procountor.post("invoices", changed("paymentInfo.bankReferenceCode", "11112")).json
    assert given["paymentInfo"]["bankReferenceCode"] == "11112"


def test_the_life_of_an_invoice(procountor: ProcountorClient) -> None:
    path = f"invoices/{procountor.post('invoices', procountor_invoice()).json['id']}"

    def after(step: str, body: Any = None) -> str:
        answer = procountor.put(f"{path}/{step}", body)
        assert answer.json.keys() == {"message"}
        return str(procountor.get(path).json["status"])

    assert procountor.put(f"{path}/send").status_code == 403
    assert after("approve") == "NOT_SENT"
    assert procountor.put(f"{path}/approve").status_code == 403
    assert after("unfinished") == "UNFINISHED"
    assert after("approve") == "NOT_SENT"
    assert after("send") == "SENT"
    assert after("notes", {"notes": "soitettu"}) == "SENT"
    assert procountor.get(path).json["notes"] == "soitettu"
    assert after("invalidate") == "INVALIDATED"
    assert procountor.books()["totals"]["invoices"] == 0


def test_payments_change_the_status_and_can_be_deleted(procountor: ProcountorClient) -> None:
    path = f"invoices/{procountor.post('invoices', procountor_invoice()).json['id']}"
    payment = {"paymentDate": "2026-03-20", "amount": 100, "currency": "EUR"}
    assert procountor.put(f"{path}/paymentevents/markpaid", payment).status_code == 403
    procountor.put(f"{path}/approve")
    event = procountor.put(f"{path}/paymentevents/markpaid", payment).json
    assert procountor.get(path).json["status"] == "PARTLY_PAID"
    assert procountor.get(f"{path}/paymentevents").json["results"] == [event]
    foreign = procountor.put(f"{path}/paymentevents/markpaid", payment | {"currency": "SEK"})
    assert fields(foreign) == ["currency"]
    procountor.put(f"{path}/paymentevents/markpaid", payment | {"amount": 113.35})
    assert procountor.get(path).json["status"] == "MARKED_PAID"
    assert procountor.call("DELETE", f"{path}/paymentevents/{event['id']}").status_code == 204
    assert procountor.get(f"{path}/paymentevents/{event['id']}").status_code == 404
    assert procountor.books()["invoices"][0]["open"] == "100.00"


def test_a_put_needs_the_current_version_and_an_unfinished_invoice(procountor: ProcountorClient) -> None:
    made = procountor.post("invoices", procountor_invoice()).json
    path = f"invoices/{made['id']}"
    assert fields(procountor.put(path, procountor_invoice())) == ["version"]
    body = procountor_invoice(version=made["version"], invoiceRows=[procountor_row(quantity=1)])
    after = procountor.put(path, body).json
    assert after["invoiceSumInfo"][0]["invoiceSumTotal"] == 85.34
    assert after["invoiceNumber"] == made["invoiceNumber"]
    assert fields(procountor.put(path, body)) == ["version"]
    procountor.put(f"{path}/approve")
    approved = procountor.get(path).json
    assert procountor.put(path, body | {"version": approved["version"]}).status_code == 403


def test_the_search_by_own_number_matches_parts_of_it(procountor: ProcountorClient) -> None:
    for key in ("K-1", "K-10", "K-2"):
        procountor.post("invoices", procountor_invoice(originalInvoiceNumber=key))
    found = procountor.get("invoices?originalInvoiceNumber=K-1&types=SALES_INVOICE,SALES_ORDER").json
    assert [row["originalInvoiceNumber"] for row in found["results"]] == ["K-10", "K-1"]
    assert found["meta"]["resultCount"] == 2
    assert "invoiceRows" not in found["results"][0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("startDate=2026-03-02&endDate=2026-03-02", 1),
        ("startDate=2026-03-03", 0),
        ("dueStartDate=2026-03-16&dueEndDate=2026-03-16", 1),
        ("createdEndDate=2020-01-01", 0),
        ("versionStartDate=2020-01-01", 1),
        ("status=UNFINISHED,SENT", 1),
        ("status=SENT", 0),
        ("invoiceNumber=1", 1),
        ("invoiceNumber=2", 0),
        ("businessPartnerId=1", 0),
        ("invoiceChannel=EMAIL", 1),
        ("searchTerm=testi", 1),
        ("searchTerm=muu", 0),
        ("isOffer=false", 1),
        ("productId=5", 0),
    ],
)
def test_search_filters(procountor: ProcountorClient, query: str, count: int) -> None:
    procountor.post("invoices", procountor_invoice())
    assert len(procountor.get(f"invoices?{query}").json["results"]) == count


@pytest.mark.parametrize("query", ["size=201", "size=0", "status=GONE", "types=BILL", "startDate=1.1.2026", "page=x"])
def test_search_parameters_that_make_no_sense_are_400(procountor: ProcountorClient, query: str) -> None:
    procountor.post("invoices", procountor_invoice())
    assert procountor.get(f"invoices?{query}").status_code == 400


def test_pages_and_previous_id_walk_over_all(procountor: ProcountorClient) -> None:
    ids = [procountor.post("invoices", procountor_invoice()).json["id"] for _ in range(5)]
    pages = [procountor.get(f"invoices?size=2&page={place}&orderById=ASC").json["results"] for place in range(3)]
    assert [row["id"] for page in pages for row in page] == ids
    walked = procountor.get(f"invoices?size=2&previousId={ids[3]}").json["results"]
    assert [row["id"] for row in walked] == [ids[2], ids[1]]


def test_a_lagging_search_hides_what_is_fresh(sandbox: Flask) -> None:
    client = procountor_company(sandbox, settings={"search_lag_s": 60})
    made = client.post("invoices", procountor_invoice()).json
    assert client.get("invoices").json["results"] == []
    assert client.get(f"invoices/{made['id']}").status_code == 200


def test_several_ids_at_once(procountor: ProcountorClient) -> None:
    ids = [str(procountor.post("invoices", procountor_invoice()).json["id"]) for _ in range(2)]
    assert len(procountor.get(f"invoices/{','.join(ids)},1").json) == 2
    assert procountor.get("invoices/1,2").status_code == 404
    assert procountor.get(f"invoices/{','.join(map(str, range(201)))}").status_code == 400


def test_the_receipt_has_an_entry_per_row(procountor: ProcountorClient) -> None:
    body = procountor_invoice(invoiceRows=[procountor_row(), procountor_row(quantity=1)])
    receipt_id = procountor.post("invoices", body).json["ledgerReceiptId"]
    transactions = procountor.get(f"ledgerreceipts/{receipt_id}").json["transactions"]
    assert [one["accountingValue"] for one in transactions] == [298.69, -170, -68]
