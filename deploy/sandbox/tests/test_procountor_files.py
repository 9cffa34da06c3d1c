"""Attachments, webhooks and lists of the simulated Procountor. Source: procountor sheet 9 and 11."""

from __future__ import annotations

import json
from email import message_from_bytes
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from deploy.sandbox.procountor.attachments import MOST_BYTES
from deploy.sandbox.tests.builders import procountor_invoice
from deploy.sandbox.tests.procountor_client import ProcountorClient
from deploy.sandbox.tests.test_procountor_registers import PRODUCT

CONTENT = b"%PDF-1.7 \x00\xff\r\n--boundary"


def upload(sandbox: Flask, client: ProcountorClient, meta: dict[str, Any], content: bytes = CONTENT) -> TestResponse:
    """POST /attachments with the JSON part without a file name, as public clients send it."""
    if not client.token:
        client.fetch_token()
    boundary = "sep-4711"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n'
        f"{json.dumps(meta)}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n'
    ).encode()
    return sandbox.test_client().post(
        f"{client.base}/attachments",
        data=body + content + f"\r\n--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Authorization": f"Bearer {client.token}"},
    )


def test_an_attachment_is_kept_read_renamed_and_deleted(sandbox: Flask, procountor: ProcountorClient) -> None:
    invoice_id = procountor.post("invoices", procountor_invoice()).json["id"]
    meta = {"name": "kuva.pdf", "referenceType": "INVOICE", "referenceId": invoice_id, "sendWithInvoice": True}
    made = upload(sandbox, procountor, meta)
    assert made.status_code == 200, made.text
    assert made.json == {**meta, "id": made.json["id"], "mimeType": "application/pdf"}
    assert procountor.get(f"invoices/{invoice_id}").json["attachments"] == [made.json]
    read = procountor.get(f"attachments/{made.json['id']}")
    message = message_from_bytes(f"Content-Type: {read.content_type}\r\n\r\n".encode() + read.data)
    shown, content = message.get_payload()
    assert json.loads(shown.get_payload()) == made.json
    assert content.get_payload(decode=True).rstrip(b"\r\n") == CONTENT
    (found,) = procountor.get(f"attachments?referenceType=INVOICE&referenceId={invoice_id}").json["results"]
    assert (found["attachmentId"], found["size"]) == (made.json["id"], len(CONTENT))
    assert procountor.call("PATCH", f"attachments/{made.json['id']}", {"name": "b.pdf"}).json["name"] == "b.pdf"
    assert procountor.call("DELETE", f"attachments/{made.json['id']}").status_code == 204
    assert procountor.get(f"attachments/{made.json['id']}").status_code == 404
    assert procountor.get(f"invoices/{invoice_id}").json["attachments"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"referenceType": "CAT"}, "referenceType"),
        ({"referenceId": 1}, "referenceId"),
        ({"colour": "red"}, "colour"),
        ({"sendWithInvoice": "yes"}, "sendWithInvoice"),
    ],
)
def test_wrong_attachments_are_refused(
    sandbox: Flask, procountor: ProcountorClient, change: dict[str, Any], field: str
) -> None:
    invoice_id = procountor.post("invoices", procountor_invoice()).json["id"]
    meta = {"name": "kuva.pdf", "referenceType": "INVOICE", "referenceId": invoice_id, **change}
    answer = upload(sandbox, procountor, meta)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_file_over_the_limit_is_refused(sandbox: Flask, procountor: ProcountorClient) -> None:
    invoice_id = procountor.post("invoices", procountor_invoice()).json["id"]
    meta = {"name": "kuva.pdf", "referenceType": "INVOICE", "referenceId": invoice_id}
    assert upload(sandbox, procountor, meta, bytes(MOST_BYTES)).status_code == 200
    assert "TOO_LARGE" in upload(sandbox, procountor, meta, bytes(MOST_BYTES + 1)).text


def test_something_else_than_a_form_is_refused(procountor: ProcountorClient) -> None:
    assert procountor.post("attachments", {"name": "x"}).status_code == 400


def test_webhooks_are_kept_without_their_secret(procountor: ProcountorClient) -> None:
    body = {
        "url": "https://example.com/hook",
        "authenticationType": "HMAC",
        "authenticationMeta": {"secret": "planted"},
        "subscriptions": ["INVOICE_PAYMENT_CREATED"],
    }
    made = procountor.post("webhooks", body)
    assert made.status_code == 200, made.text
    assert "planted" not in made.text
    assert procountor.get("webhooks").json["results"] == [made.json]
    assert procountor.put(f"webhooks/{made.json['id']}", {**body, "authenticationType": "NONE"}).status_code == 200
    assert procountor.post("webhooks", {**body, "subscriptions": ["INVOICE_SENT"]}).status_code == 400
    assert procountor.call("DELETE", f"webhooks/{made.json['id']}").status_code == 204
    assert procountor.get(f"webhooks/{made.json['id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("coa", "ledgerAccounts"),
        ("currencies", "currencies"),
        ("currencies/company", "currency"),
        ("currencies/exchangerate?currency=SEK&day=2026-03-02", "rate"),
        ("currencies/latest?rateType=1", "rates"),
        ("fiscalyears", "fiscalYears"),
        ("users", "userId"),
        ("users/profiles/11", "firstname"),
        ("businesspartners/personaldetails", "personId"),
        ("bankstatements?startDate=2026-01-01&endDate=2026-02-01", "bankStatements"),
        ("referencepayments", "results"),
        ("payments", "results"),
        ("payments/errormessages", "results"),
        ("company", "id"),
    ],
)
def test_lists_can_be_read(procountor: ProcountorClient, path: str, name: str) -> None:
    answer = procountor.get(path)
    assert answer.status_code == 200, answer.text
    assert name in answer.json


def test_a_password_is_sent_once_in_ten_minutes(procountor: ProcountorClient) -> None:
    assert [procountor.get("users/otp").status_code for _ in range(2)] == [200, 429]


def test_statements_need_dates(procountor: ProcountorClient) -> None:
    assert procountor.get("bankstatements?startDate=aa&endDate=bb").status_code == 400


def test_a_product_on_an_invoice_is_not_deleted(procountor: ProcountorClient) -> None:
    product_id = procountor.post("products", PRODUCT).json["id"]
    spare = procountor.post("products", {**PRODUCT, "code": "X"}).json["id"]
    row = {**procountor_invoice()["invoiceRows"][0], "productId": product_id}
    assert procountor.post("invoices", procountor_invoice(invoiceRows=[row])).status_code == 200
    assert procountor.call("DELETE", f"products/{product_id}").status_code == 403
    assert procountor.call("DELETE", f"products/{spare}").status_code == 204
    assert [one["id"] for one in procountor.get("products").json["results"]] == [product_id]
    assert procountor.get(f"products/{spare}").status_code == 404
