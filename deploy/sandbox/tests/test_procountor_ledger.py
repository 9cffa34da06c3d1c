"""Ledger receipts and dimensions of the simulated Procountor. Source: procountor sheet 8."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.sandbox.tests.builders import procountor_invoice, procountor_row
from deploy.sandbox.tests.procountor_client import ProcountorClient


@pytest.fixture
def receipt(procountor: ProcountorClient) -> dict[str, Any]:
    """The receipt of an invoice with two rows: -170 and -10."""
    rows = [procountor_row(), procountor_row(quantity=1, unitPrice=10)]
    invoice = procountor.post("invoices", procountor_invoice(invoiceRows=rows)).json
    receipt: dict[str, Any] = procountor.get(f"ledgerreceipts/{invoice['ledgerReceiptId']}").json
    return receipt


def with_dimension(receipt: dict[str, Any], place: int, *values: dict[str, Any]) -> dict[str, Any]:
    """The receipt with dimension values on one transaction."""
    rows = [dict(row) for row in receipt["transactions"]]
    rows[place]["dimensionItemValues"] = list(values)
    return {**receipt, "transactions": rows}


def an_item(procountor: ProcountorClient) -> tuple[int, int]:
    dimension = procountor.get("dimensions").json[0]
    return dimension["id"], dimension["items"][0]["id"]


def test_dimensions_are_written_on_entries_and_shown_in_the_books(
    procountor: ProcountorClient, receipt: dict[str, Any]
) -> None:
    dimension, item = an_item(procountor)
    value = {"dimensionId": dimension, "itemId": item, "value": -170}
    answer = procountor.put(f"ledgerreceipts/{receipt['id']}", with_dimension(receipt, 1, value))
    assert answer.status_code == 200, answer.text
    assert answer.json["transactions"][1]["dimensionItemValues"] == [value]
    assert answer.json["version"] > receipt["version"]
    assert [line["dimensions"] for line in procountor.books()["invoices"][0]["lines"]] == [["Kustannuspaikka/100"], []]


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (1, {"value": -169.99}, "INVALID_SUM"),
        (1, {"value": 170}, "INVALID_SUM"),
        (1, {"itemId": 1}, "DIMENSION_ITEM_NOT_FOUND"),
        (1, {"value": -170.001}, "TOO_MANY_DECIMALS"),
        (0, {"value": 225.9}, "NOT_ALLOWED"),
        (1, {"colour": "red"}, "UNKNOWN_FIELD"),
    ],
)
def test_wrong_dimensions_are_refused(
    procountor: ProcountorClient, receipt: dict[str, Any], place: int, change: dict[str, Any], message: str
) -> None:
    dimension, item = an_item(procountor)
    value = {"dimensionId": dimension, "itemId": item, "value": -170, **change}
    answer = procountor.put(f"ledgerreceipts/{receipt['id']}", with_dimension(receipt, place, value))
    assert answer.status_code == 400
    assert message in answer.text
    assert procountor.get(f"ledgerreceipts/{receipt['id']}").json == receipt


def test_a_stale_receipt_is_refused(procountor: ProcountorClient, receipt: dict[str, Any]) -> None:
    assert procountor.put(f"ledgerreceipts/{receipt['id']}", receipt).status_code == 200
    assert "STALE_VERSION" in procountor.put(f"ledgerreceipts/{receipt['id']}", receipt).text


def test_an_inactive_item_is_refused(procountor: ProcountorClient, receipt: dict[str, Any]) -> None:
    dimension, item = an_item(procountor)
    procountor.put(f"dimensions/{dimension}/items", {"id": item, "codeName": "100", "status": "P"})
    value = {"dimensionId": dimension, "itemId": item, "value": -170}
    answer = procountor.put(f"ledgerreceipts/{receipt['id']}", with_dimension(receipt, 1, value))
    assert "DIMENSION_ITEM_NOT_FOUND" in answer.text


def test_editing_the_invoice_loses_its_receipt(procountor: ProcountorClient, receipt: dict[str, Any]) -> None:
    invoice = procountor.get(f"invoices/{receipt['invoiceId']}").json
    changed = procountor.put(f"invoices/{invoice['id']}", {**procountor_invoice(), "version": invoice["version"]}).json
    assert changed["ledgerReceiptId"] != receipt["id"]
    assert procountor.get(f"ledgerreceipts/{receipt['id']}").status_code == 404
    assert procountor.get(f"ledgerreceipts/{changed['ledgerReceiptId']}").status_code == 200


def test_a_receipt_has_the_status_of_its_invoice(procountor: ProcountorClient, receipt: dict[str, Any]) -> None:
    assert receipt["status"] == "UNFINISHED"
    procountor.put(f"invoices/{receipt['invoiceId']}/approve")
    assert procountor.get(f"ledgerreceipts/{receipt['id']}").json["status"] == "NOT_SENT"
    found = procountor.get("ledgerreceipts?types=SALES_INVOICE&status=NOT_SENT").json["results"]
    assert [one["id"] for one in found] == [receipt["id"]]
    assert found[0]["created"]
    assert "created" not in receipt
    assert procountor.get("ledgerreceipts?types=JOURNAL").json["results"] == []


def test_a_journal_must_balance(procountor: ProcountorClient) -> None:
    row = {"transactionType": "ENTRY", "vatPercent": 0, "vatType": "SALES", "vatStatus": 1}
    rows = [{**row, "account": "3000", "accountingValue": -10}, {**row, "account": "1910", "accountingValue": 10}]
    journal = {
        "type": "JOURNAL",
        "name": "Korjaus",
        "receiptDate": "2026-03-02",
        "vatType": "SALES",
        "vatStatus": 1,
        "transactions": rows,
    }
    made = procountor.post("ledgerreceipts", journal)
    assert made.status_code == 200, made.text
    assert procountor.get(f"ledgerreceipts/{made.json['id']}").json == made.json
    rows[0]["accountingValue"] = -11
    assert "UNBALANCED" in procountor.post("ledgerreceipts", journal).text
    assert "NOT_ALLOWED" in procountor.post("ledgerreceipts", {**journal, "type": "SALES_INVOICE"}).text


def test_dimensions_can_be_made(procountor: ProcountorClient) -> None:
    made = procountor.post("dimensions", {"name": "Projekti"}).json
    item = procountor.post(f"dimensions/{made['id']}/items", {"codeName": "P1", "description": "Talo"}).json
    assert procountor.get(f"dimensions/{made['id']}").json["items"] == [item]
    assert procountor.post("dimensions/9/items", {"codeName": "P1"}).status_code == 404
    assert procountor.post(f"dimensions/{made['id']}/items", {"name": "P1"}).status_code == 400
