"""What happens to an invoice later: status, deletion, credit note, payment. Source: netvisor sheet 10.3, 10.5, 10.6."""

from __future__ import annotations

from decimal import Decimal

from flask import Response
from lxml import etree

from ..amounts import parse_decimal, round_to, with_comma
from . import schema
from .call import Call
from .company import changed
from .envelope import child, invalid, succeeded
from .reader import Node, parse_date
from .records import Invoice, Payment

MOST_STATUS_KEYS = 100
_SUBSTATUSES = ("overdue", "reminded", "requested", "collected")
_STATUSES = ("open", "unsent", "paid", "creditloss", *_SUBSTATUSES)


def update_status(call: Call) -> Response:
    """updatesalesinvoicestatus.nv: `netvisorkey` or `netvisorkeylist` (at most 100), `status`; no body."""
    status = call.param("status").lower()
    if status not in _STATUSES:
        raise invalid(f"Parameter status must be one of {', '.join(_STATUSES)}")
    name = "netvisorkeylist" if call.param("netvisorkeylist") else "netvisorkey"
    invoices = [_found(call, key) for key in call.keys_param(name, MOST_STATUS_KEYS)]
    if not invoices:
        raise invalid("Parameter netvisorkey is missing")
    substatus = status if status in _SUBSTATUSES else ""
    for invoice in invoices:
        call.company.save_invoice(
            changed(
                invoice,
                status="open" if substatus else status,
                substatus="" if substatus == "overdue" else substatus,
                changed_at=call.now,
            )
        )
    return succeeded(call.now)


def delete(call: Call) -> Response:
    """deletesalesinvoice.nv: `invoiceid` or `orderid`. One with payments is refused (our choice)."""
    name = "orderid" if call.param("orderid") else "invoiceid"
    invoice = _found(call, call.key_param(name))
    if (invoice.kind == "order") != (name == "orderid"):
        raise invalid(f"Sales invoice not found with Netvisor identifier: {invoice.key}")
    if invoice.settled:
        raise invalid("A sales invoice with payments can not be deleted")
    call.company.save_invoice(changed(invoice, deleted=True, changed_at=call.now))
    return succeeded(call.now)


def match_credit_note(call: Call) -> Response:
    """matchcreditnote.nv: settle an invoice with a credit note as far as the smaller of the two reaches."""
    document = call.document(schema.MATCH_CREDIT_NOTE)
    credit_note = _found(call, int(document.value("creditnotenetvisorkey")))
    invoice = _found(call, int(document.value("invoicenetvisorkey")))
    if credit_note.amount >= 0 or invoice.amount <= 0:
        raise invalid("A credit note has a negative amount and the invoice a positive one")
    settled = min(-credit_note.open_sum, invoice.open_sum)
    if settled <= 0:
        raise invalid("There is nothing left to match")
    _settle(call, invoice, settled, matched=credit_note.key)
    _settle(call, credit_note, -settled, matched=invoice.key)
    return succeeded(call.now)


def pay(call: Call) -> Response:
    """salespayment.nv: the invoice must exist and not be paid; an unsent one must expect partial payments."""
    document = call.document(schema.SALES_PAYMENT)
    invoice = _target(call, document)
    if invoice.status == "paid":
        raise invalid("The sales invoice is already paid")
    if invoice.status == "unsent" and invoice.document.value("expectpartialpayments") != "1":
        raise invalid("The sales invoice is not sent and does not expect partial payments")
    amount = round_to(parse_decimal(document.value("sum")) or Decimal(0))
    paid_on = parse_date(document.value("paymentdate"))
    if amount <= 0 or paid_on is None:
        raise invalid("The sum of a payment must be more than zero")
    payment = Payment(
        call.company.next_key("payment"), invoice.key, paid_on, amount, document.value("sourcename"), call.now
    )
    call.company.save_payment(payment)
    _settle(call, invoice, amount)
    return succeeded(call.now, inserted=payment.key)


def list_payments(call: Call) -> Response:
    """salespaymentlist.nv: by key, date, time of change, payer, invoice key or number."""
    above = call.key_param("abovenetvisorkey") if call.param("abovenetvisorkey") else 0
    invoice_key = call.key_param("invoicenetvisorkey") if call.param("invoicenetvisorkey") else None
    begin, end = call.date_param("begindate"), call.date_param("enddate")
    since, until = call.time_param("lastmodifiedstart"), call.time_param("lastmodifiedend")
    name, number = call.param("searchbyname").lower(), call.param("invoicenumber")
    listing = etree.Element("SalesPaymentList")
    for payment in call.company.payments.values():
        invoice = call.company.invoices[payment.invoice_key]
        if (
            payment.key <= above
            or (invoice_key is not None and payment.invoice_key != invoice_key)
            or (begin and payment.paid_on < begin)
            or (end and payment.paid_on > end)
            or (since and payment.created_at < since)
            or (until and payment.created_at > until)
            or (name and name not in payment.payer.lower())
            or (number and invoice.number != number)
        ):
            continue
        _append_payment(listing, payment, invoice)
    return succeeded(call.now, listing)


def _append_payment(listing: etree._Element, payment: Payment, invoice: Invoice) -> None:
    row = child(listing, "SalesPayment")
    child(row, "NetvisorKey", str(payment.key))
    child(row, "Name", payment.payer)
    child(row, "Date", f"{payment.paid_on.day}.{payment.paid_on.month}.{payment.paid_on.year}")
    child(row, "Sum", with_comma(payment.amount, 2))
    child(row, "ReferenceNumber", invoice.reference)
    child(row, "ForeignCurrencyAmount")
    child(row, "InvoiceNumber", invoice.number)
    child(row, "BankStatus", "OK")


def _settle(call: Call, invoice: Invoice, amount: Decimal, *, matched: int | None = None) -> None:
    settled = invoice.settled + amount
    is_paid = invoice.status != "unsent" and abs(settled) >= abs(invoice.amount)
    call.company.save_invoice(
        changed(
            invoice,
            settled=settled,
            status="paid" if is_paid else invoice.status,
            substatus="" if is_paid else invoice.substatus,
            matched=[*invoice.matched, matched] if matched else invoice.matched,
            changed_at=call.now,
        )
    )


def _target(call: Call, document: Node) -> Invoice:
    node = document.first("targetidentifier")
    if node is None:
        raise invalid("targetidentifier is missing")
    kind = "order" if node.attribute("targettype") == "order" else "invoice"
    by = node.attribute("type", "netvisor")
    for invoice in call.company.invoices.values():
        identifier = {"netvisor": str(invoice.key), "reference": invoice.reference}.get(by, invoice.number)
        if identifier == node.text and invoice.kind == kind and not invoice.deleted:
            return invoice
    raise invalid(f"Sales invoice not found with {by} identifier: {node.text}")


def _found(call: Call, key: int) -> Invoice:
    invoice = call.company.invoices.get(key)
    if invoice is None or invoice.deleted:
        raise invalid(f"Sales invoice not found with Netvisor identifier: {key}")
    return invoice
