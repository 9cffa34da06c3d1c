"""Requests of independent public clients are accepted in form.

The samples are not part of the repository. They are looked for beside it; where they are missing the test
proves nothing and says so only on the CI machine, which must have them.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from deploy.sandbox.netvisor import schema
from deploy.sandbox.netvisor.envelope import Refused
from deploy.sandbox.netvisor.reader import Element, read_document
from deploy.sandbox.procountor import checking
from deploy.sandbox.procountor.invoice_rules import Surroundings, check_invoice

SAMPLES = Path(__file__).parents[4] / "shared" / "reference" / "samples"

# The clients' shapes that the present interface knows; the 2016 client's product has no sections any more.
NETVISOR: dict[str, tuple[Element, bool]] = {
    "heltti/requests/Customer.xml": (schema.CUSTOMER, True),
    "heltti/requests/CustomerMinimal.xml": (schema.CUSTOMER, True),
    "heltti/requests/Product.xml": (schema.PRODUCT, True),
    "heltti/requests/ProductMinimal.xml": (schema.PRODUCT, True),
    "heltti/requests/SalesInvoice.xml": (schema.SALES_INVOICE, True),
    "heltti/requests/SalesInvoiceMinimal.xml": (schema.SALES_INVOICE, True),
    "heltti/requests/SalesInvoiceMatchCreditNote.xml": (schema.MATCH_CREDIT_NOTE, True),
    "heltti/requests/SalesPayment.xml": (schema.SALES_PAYMENT, True),
    "heltti/requests/Dimension.xml": (schema.DIMENSION_ITEM, True),
    "fastmonkeys/requests/Customer.xml": (schema.CUSTOMER, True),
    "fastmonkeys/requests/SalesInvoice.xml": (schema.SALES_INVOICE, True),
    "fastmonkeys/requests/SalesPayment.xml": (schema.SALES_PAYMENT, True),
    "fastmonkeys/requests/Product.xml": (schema.PRODUCT, False),
    "rantalainen/salesinvoice.xml": (schema.SALES_INVOICE, True),
}


def sample(path: str) -> bytes | None:
    """A sample's bytes, None where the samples are not kept. Fails on the CI machine without them."""
    found = SAMPLES / path
    if found.exists():
        return found.read_bytes()
    if os.environ.get("CI"):
        pytest.fail(f"{found} is missing")
    return None


@pytest.mark.parametrize("path", NETVISOR)
def test_netvisor_requests_of_public_clients_fit_the_schema(path: str) -> None:
    body = sample(f"netvisor/{path}")
    if body is None:
        return
    description, is_known = NETVISOR[path]
    if is_known:
        assert read_document(body, description).children
    else:
        with pytest.raises(Refused, match="not known"):
            read_document(body, description)


def test_a_procountor_invoice_of_a_public_client_has_no_unknown_field() -> None:
    body = sample("procountor/fisplay/invoice.json")
    if body is None:
        return
    around = Surroundings((), (), (Decimal(0),), (1,), ())
    with pytest.raises(checking.Refused) as refusal:
        check_invoice(json.loads(body, parse_float=Decimal), around)
    # placeholders of a generator: an IBAN, a BIC and a status that are no real ones
    assert {error["field"] for error in refusal.value.errors} == {
        "vatStatus",
        "paymentInfo.bankAccount.accountNumber",
        "paymentInfo.bankAccount.bic",
    }
