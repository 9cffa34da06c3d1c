"""How far an invoice is paid, by both simulated accounting systems: what the adapters tell after each change there."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.billing.adapters.faults import Unreadable
from services.billing.domain.document import Document
from services.billing.domain.outcomes import CannotAsk
from services.billing.domain.payments import UNKNOWN, PaymentState, PaymentStatus
from services.billing.domain.target import TellsStatus
from services.billing.tests.integration import test_adapters_sandbox as adapters
from services.billing.tests.integration.test_adapters_sandbox import Company
from services.billing.tests.targets import MemoryLinks, a_document
from shared.clock import HELSINKI, utc_now

sandbox = adapters.sandbox
D = Decimal
GROSS = D("169.43")


def today() -> date:
    return utc_now().astimezone(HELSINKI).date()


@dataclass
class Invoice:
    """A document in the books of a simulator, and what its bookkeeper does with it."""

    company: Company
    target: Any
    document: Document
    target_id: str

    def told(self) -> PaymentStatus | CannotAsk:
        assert isinstance(self.target, TellsStatus)
        return self.target.status(self.document.key, self.target_id)

    def send(self) -> None:
        """Let the invoice be one that the payer has."""
        if self.company.which == "netvisor":
            self._set_status("open")
        else:
            self._put("approve", {})
            self._put("send", {})

    def pay(self, amount: Decimal, method: str = "EXTERNAL_BANK_TRANSFER") -> None:
        if self.company.which == "netvisor":
            self.target._client.post("salespayment.nv", {}, self._payment_xml(amount))
        else:
            day = today().isoformat()
            body = {"paymentDate": day, "amount": float(amount), "currency": "EUR", "paymentMethodType": method}
            self._put("paymentevents/markpaid", body)

    def write_off(self) -> None:
        if self.company.which == "netvisor":
            self._set_status("creditloss")
        else:
            self.pay(GROSS, "CREDIT_LOSS")

    def remove(self) -> None:
        if self.company.which == "netvisor":
            with suppress(Unreadable):  # nothing is created, so no key is told
                self.target._client.post("deletesalesinvoice.nv", {"invoiceid": self.target_id}, b"")
        else:
            self._put("invalidate", {})

    def _set_status(self, status: str) -> None:
        with suppress(Unreadable):  # nothing is created, so no key is told
            asked = {"netvisorkey": self.target_id, "status": status}
            self.target._client.post("updatesalesinvoicestatus.nv", asked, b"")

    def _put(self, verb: str, body: dict[str, Any]) -> None:
        client, path = self.target._client, f"invoices/{self.target_id}/{verb}"
        answer = client._authorised("PUT", path, {}, json.dumps(body).encode())
        assert answer.status in (200, 201), answer.body

    def _payment_xml(self, amount: Decimal) -> bytes:
        return (
            f'<root><salespayment><sum currency="EUR">{amount}</sum><paymentdate>{today().isoformat()}</paymentdate>'
            f'<targetidentifier type="netvisor" targettype="invoice">{self.target_id}</targetidentifier>'
            '<sourcename>Testi</sourcename><paymentmethod type="alternative">Pankki</paymentmethod>'
            "</salespayment></root>"
        ).encode()


@pytest.fixture(params=["netvisor", "procountor"])
def company(request: pytest.FixtureRequest, sandbox: str) -> Company:
    """A new company in each of the simulators in turn."""
    return adapters.new_company(sandbox, request.param)


def an_invoice(company: Company, *, days: int = 14) -> Invoice:
    """An accepted document that is due in so many days; sent to the payer."""
    document = a_document(document_date=today() - timedelta(days=30), due_date=today() + timedelta(days=days))
    target = company.connect()
    accepted = adapters.deliver(target, document, MemoryLinks())
    return Invoice(company, target, document, accepted.target_id)


def test_a_paid_invoice_is_paid(company: Company) -> None:
    invoice = an_invoice(company)
    assert invoice.told() == PaymentStatus(PaymentState.OPEN, GROSS)
    invoice.send()
    assert invoice.told() == PaymentStatus(PaymentState.OPEN, GROSS)
    invoice.pay(D("69.43"))
    assert invoice.told() == PaymentStatus(PaymentState.PARTLY_PAID, D("100.00"), today())
    invoice.pay(D("100.00"))
    assert invoice.told() == PaymentStatus(PaymentState.PAID, D("0.00"), today())


def test_an_unpaid_invoice_is_overdue_after_its_due_date(company: Company) -> None:
    invoice = an_invoice(company, days=-1)
    invoice.send()
    assert invoice.told() == PaymentStatus(PaymentState.OVERDUE, GROSS)
    invoice.pay(D("69.43"))
    assert invoice.told() == PaymentStatus(PaymentState.OVERDUE, D("100.00"), today())


def test_what_is_written_off_is_a_credit_loss(company: Company) -> None:
    invoice = an_invoice(company)
    invoice.send()
    invoice.write_off()
    told = invoice.told()
    assert isinstance(told, PaymentStatus)
    assert (told.state, told.paid_on) == (PaymentState.CREDIT_LOSS, None)


def test_what_was_deleted_or_invalidated_is_cancelled(company: Company) -> None:
    invoice = an_invoice(company)
    invoice.remove()
    assert invoice.told() == PaymentStatus(PaymentState.CANCELLED)


def test_an_invoice_without_our_key_tells_nothing(company: Company) -> None:
    invoice, other = an_invoice(company), an_invoice(company)
    invoice.target_id = other.target_id
    assert invoice.told() == UNKNOWN
    invoice.target_id = "2026/117"
    assert invoice.told() == UNKNOWN


def test_drafts_and_orders_of_netvisor_tell_nothing(sandbox: str) -> None:
    company = adapters.new_company(sandbox, "netvisor")
    for kind in ("invoicedraft", "order"):
        target, document = company.connect(invoice_type=kind), a_document()
        accepted = adapters.deliver(target, document, MemoryLinks())
        assert Invoice(company, target, document, accepted.target_id).told() == UNKNOWN


def test_a_target_that_does_not_answer_cannot_be_asked(company: Company) -> None:
    invoice = an_invoice(company)
    resource = {"netvisor": "getsalesinvoice.nv", "procountor": f"invoices/{invoice.target_id}"}[company.which]
    company.spoil("unavailable_503", resource, methods=["GET"])
    assert isinstance(invoice.told(), CannotAsk)
    assert invoice.told() == PaymentStatus(PaymentState.OPEN, GROSS)
