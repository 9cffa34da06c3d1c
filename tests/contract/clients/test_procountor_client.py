"""The simulated Procountor, as the PyPI client `Procountor` sees it.

The expectations on answers are those of the client's own live tests (sheet §11), except where the sheet marks their
age: a deletion answers 204, products come as `results`.
"""

from __future__ import annotations

import ast
import base64
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.sandbox.tests.builders import procountor_invoice, procountor_row
from deploy.sandbox.tests.test_procountor_registers import PARTNER, PRODUCT
from tests.contract.clients.running import ROOT, run_session

CONTENT = b"Liite \xe5\xe4\xf6 \x00 1"
KEY = "URK-0f0e0d0c-0b0a-4908-8706-050403020100"


class Seen:
    """What the client got, and what is in the books afterwards."""

    def __init__(self, found: dict[str, Any], books: dict[str, Any]) -> None:
        self.found = found
        self.books = books

    def status(self, name: str) -> int:
        return int(self.found[name]["status"])

    def content(self, name: str) -> Any:
        return self.found[name]["content"]


def session(sandbox: tuple[Any, str], told: dict[str, Any]) -> Seen:
    app, url = sandbox
    simulator = app.extensions["sandbox"]["procountor"]
    company = simulator.create({"name": "Testi Oy"})
    given = {"host": f"{url}/procountor", "version": "supported", "credentials": company["credentials"], **told}
    return Seen(run_session("procountor_session.py", given), simulator.books(company["id"]))


@pytest.fixture(scope="module")
def seen(sandbox: tuple[Any, str], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A whole session."""
    file = tmp_path_factory.mktemp("client") / "liite.txt"
    file.write_bytes(CONTENT)
    rows = [procountor_row(productCode="TYO"), procountor_row(productCode="TYO", quantity=0.333, unitPrice=45.1234)]
    body = procountor_invoice(invoiceRows=rows, originalInvoiceNumber=KEY)
    told = {"whole": True, "partner": PARTNER, "product": PRODUCT, "invoice": body, "file": str(file)}
    return session(sandbox, told)


@pytest.mark.parametrize("version", ["latest", "24.08"])
def test_the_client_logs_in_under_every_version_path(sandbox: tuple[Any, str], version: str) -> None:
    seen = session(sandbox, {"whole": False, "version": version})
    assert (seen.status("get_company"), seen.content("get_company")["name"]) == (200, "Testi Oy")


def test_a_wrong_key_is_refused_as_the_client_expects(seen: Seen) -> None:
    assert seen.found["stranger"] is not None
    assert "Authentication failed" in seen.found["stranger"]


def test_a_lapsed_token_is_renewed_by_the_client_for_the_next_call(seen: Seen) -> None:
    # it repeats the call with the header of the old token, so that only the next one has the new
    assert seen.status("lapsed") == seen.status("logged_out") == 401
    assert seen.status("get_company") == seen.status("after_logout") == 200
    assert seen.found["token_renewed"]


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("get_coa", list, "ledgerAccounts"),
        ("get_fiscal_years", list, "fiscalYears"),
        ("get_session_info", int, "companyId"),
        ("get_company", int, "id"),
        ("get_users", int, "userId"),
        ("get_user_profile", str, "firstname"),
        ("get_business_partner_details", int, "personId"),
        ("get_invoices", list, "results"),
        ("get_business_partners", list, "results"),
        ("get_products", list, "results"),
        ("get_ledger_receipts", list, "results"),
        ("get_bank_accounts", list, "results"),
        ("get_reference_payments", list, "results"),
        ("payments_error_messages", list, "results"),
        ("get_latest_currency_rate", list, "rates"),
    ],
)
def test_lists_have_the_form_that_the_client_reads(seen: Seen, name: str, kind: type, place: str) -> None:
    assert seen.status(name) == 200
    assert isinstance(seen.content(name)[place], kind)


def test_currencies_and_vat_are_told(seen: Seen) -> None:
    assert "EUR" in seen.content("get_currencies")["currencies"]
    assert seen.content("get_exchange_rate")["currency"] == "EUR"
    assert seen.content("get_vats")["vatInformation"][0]["country"]
    assert 25.5 in seen.content("get_vats_country")["vatPercentages"]
    assert isinstance(seen.content("get_product_groups"), list)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("no_bank_accounts", 400),
        ("no_bank_statements", 400),
        ("second_password", 429),
        ("refused", 400),
        ("sent_too_early", 403),
        ("verify_invoice", 403),
        ("send_invoice_to_circulation", 403),
        ("pay_invoice", 403),
        ("delete_attachment", 204),
        ("delete_invoice_paymentevent", 204),
    ],
)
def test_refusals_and_deletions_have_their_status(seen: Seen, name: str, status: int) -> None:
    assert seen.status(name) == status


def test_partner_and_product_come_back_as_they_were_sent(seen: Seen) -> None:
    for read, made, body in (
        ("get_business_partner", "businesspartners", PARTNER),
        ("get_product", "products", PRODUCT),
    ):
        assert seen.content(read) == seen.content(made)
        assert {name: seen.content(read)[name] for name in body} == body


def test_the_invoice_is_in_the_books_to_the_cent(seen: Seen) -> None:
    posted = seen.content("post_invoice")
    (info,) = posted["invoiceSumInfo"]
    net = Decimal("170.00") + (Decimal("0.333") * Decimal("45.1234")).quantize(Decimal("0.01"))
    vat = (net * Decimal("0.255")).quantize(Decimal("0.01"))
    assert [str(info[name]) for name in ("excludingVatTotal", "vatSumTotal", "invoiceSumTotal")] == [
        str(float(each)) for each in (net, vat, net + vat)
    ]
    (booked,) = seen.books["invoices"]
    assert (booked["key"], booked["gross"], booked["customer"]["id"]) == (KEY, str(net + vat), posted["partnerId"])
    assert "colour" in seen.found["refused"]["message"]


def test_the_invoice_is_approved_and_sent(seen: Seen) -> None:
    assert seen.content("post_invoice")["status"] == "UNFINISHED"
    assert seen.status("approve_invoice") == seen.status("send_invoice") == 200
    assert seen.content("sent")["status"] == "SENT"


def test_dimensions_are_on_the_receipt(seen: Seen) -> None:
    assert seen.status("update_ledger_receipt") == 200, seen.found["update_ledger_receipt"]
    assert [line["dimensions"] for line in seen.books["invoices"][0]["lines"]] == [["Kustannuspaikka/100"]] * 2
    assert seen.content("post_ledger_receipt")["type"] == "JOURNAL"


def test_the_file_comes_back_byte_for_byte(seen: Seen) -> None:
    assert seen.status("post_attachment") == 200
    assert base64.b64decode(seen.content("get_attachment")) == CONTENT
    assert seen.found["get_attachment"]["metadata"] == seen.content("post_attachment")
    assert seen.books["invoices"][0]["attachments"] == ["liite.txt"]


def test_a_payment_is_marked_read_and_taken_back(seen: Seen) -> None:
    event = seen.content("markpaid_invoice")
    assert (event["amount"], event["type"]) == (100, "BANKTRANSFERELSEWHERE")
    assert seen.content("get_invoice_paymentevents")["results"] == [event]
    assert seen.content("get_payment") == event
    assert seen.books["invoices"][0]["open"] == seen.books["invoices"][0]["gross"]


def test_what_the_client_sends_without_a_token_is_refused(seen: Seen) -> None:
    for name in ("update_business_partner", "create_dimension_item", "post_payment", "update_user"):
        assert seen.status(name) == 401


def test_every_method_of_the_client_was_called_and_known(seen: Seen) -> None:
    (source,) = (ROOT / ".venv-clients").glob("lib/*/site-packages/procountor/api_methods.py")
    (methods,) = (node for node in ast.parse(Path(source).read_text()).body if isinstance(node, ast.ClassDef))
    names = {node.name for node in methods.body if isinstance(node, ast.FunctionDef)}
    assert names - set(seen.found) == set()
    # 404 is the answer to an address that the simulator does not have, and to confirmations of nothing.
    nothing = {"user_transaction_confirm", "delete_products_from_bank_statement", "put_products_to_bank_statement"}
    assert {name for name in names if seen.status(name) in (404, 405)} == nothing
