"""How far an invoice is paid, as Netvisor shows it. Source: netvisor interface sheet §10.5 and §10.6."""

import contextlib
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from services.billing.adapters.netvisor.client import NetvisorClient, Node
from services.billing.adapters.netvisor.xml import read_decimal
from services.billing.domain.payments import UNKNOWN, PaymentState, PaymentStatus

_STATES: Final = {
    "open": PaymentState.OPEN,
    "unsent": PaymentState.OPEN,
    "overdue": PaymentState.OVERDUE,
    "reminded": PaymentState.OVERDUE,
    "requested": PaymentState.OVERDUE,
    "collected": PaymentState.OVERDUE,
    "paid": PaymentState.PAID,
    "creditloss": PaymentState.CREDIT_LOSS,
}
"""`rejected` is not among them: the sheet does not tell what it says of the payment. Drafts have no status."""


def read_status(client: NetvisorClient, document_key: str, target_id: str) -> PaymentStatus:
    """Ask for the invoice, its row in the list (only there is the open sum) and, if something is paid, its payments.

    An invoice that is not there any more was deleted. Orders are not asked for: nobody pays them. Raises Fault.
    """
    if not (target_id.isascii() and target_id.isdigit()):
        return UNKNOWN
    invoice = client.get("getsalesinvoice.nv", {"netvisorkey": target_id, "pdfimage": "nopdf"})
    number = invoice.text("salesinvoicenumber")
    if not invoice.text("salesinvoicenetvisorkey"):
        return _without_invoice(client, target_id)
    if document_key not in invoice.text("salesinvoiceprivatecomment").split():
        return UNKNOWN
    row = _row(client, target_id, number) if number else None
    if row is None:
        return UNKNOWN
    shown = row.first("invoicestatus")
    status, substatus = ("", "") if shown is None else (shown.text(), shown.attribute("substatus"))
    told = status_of(status, substatus, read_decimal(row.text("invoicesum")), read_decimal(row.text("opensum")))
    if told.open_amount == read_decimal(row.text("invoicesum")) and told.state is not PaymentState.PAID:
        return told
    rows = client.get("salespaymentlist.nv", {"invoicenetvisorkey": target_id}).all("salespayment")
    return PaymentStatus(told.state, told.open_amount, last_day(row.text("date") for row in rows))


def status_of(status: str, substatus: str, total: Decimal | None, still_open: Decimal | None) -> PaymentStatus:
    """The state by Netvisor's own words, letter case aside. total, still_open: as the list shows them.

    An open invoice whose open sum is smaller than its sum is partly paid; what is overdue stays so until all is paid.
    """
    words = status.strip().lower(), substatus.strip().lower()
    state = _STATES.get(words[0], PaymentState.UNKNOWN)
    if state is PaymentState.OPEN and words[0] == "open":
        state = _STATES.get(words[1], state)
    is_less = total is not None and still_open is not None and abs(still_open) < abs(total)
    if state is PaymentState.OPEN and is_less:
        state = PaymentState.PARTLY_PAID
    return PaymentStatus(state, still_open)


def last_day(texts: Iterable[str]) -> date | None:
    """The last of the dates in Netvisor's form of payments (d.m.yyyy); what is none is passed over."""
    days = []
    for text in texts:
        with contextlib.suppress(ValueError):
            days.append(datetime.strptime(text, "%d.%m.%Y").date())
    return max(days, default=None)


def _without_invoice(client: NetvisorClient, target_id: str) -> PaymentStatus:
    """Deleted, unless it is an order, which lives apart from invoices."""
    order = client.get("getorder.nv", {"netvisorkey": target_id, "pdfimage": "nopdf"})
    return UNKNOWN if order.text("salesinvoicenetvisorkey") else PaymentStatus(PaymentState.CANCELLED)


def _row(client: NetvisorClient, target_id: str, number: str) -> Node | None:
    """The invoice's row; numbers may come again in another series, so the key decides."""
    parameters = {"invoicenumber": number, "invoicesabovenetvisorkey": str(int(target_id) - 1)}
    rows = client.get("salesinvoicelist.nv", parameters).all("salesinvoice")
    return next((row for row in rows if row.text("netvisorkey") == target_id), None)
