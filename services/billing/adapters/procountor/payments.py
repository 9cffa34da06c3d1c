"""How far an invoice is paid, as Procountor shows it. Source: procountor interface sheet §5.5 and §9."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.billing.adapters.faults import Unreadable
from services.billing.adapters.procountor.client import ProcountorClient
from services.billing.domain.payments import UNKNOWN, PaymentState, PaymentStatus
from shared.clock import HELSINKI, utc_now

_STATES: Final = {
    "UNFINISHED": PaymentState.OPEN,
    "NOT_SENT": PaymentState.OPEN,
    "SENT": PaymentState.OPEN,
    "PARTLY_PAID": PaymentState.PARTLY_PAID,
    "PAID": PaymentState.PAID,
    "MARKED_PAID": PaymentState.PAID,
    "INVALIDATED": PaymentState.CANCELLED,
    "DELETED": PaymentState.CANCELLED,
}
"""Of the 20 statuses those that a sales invoice can have and that say something of its payment."""

_MAY_BE_OVERDUE: Final = frozenset({"NOT_SENT", "SENT", "PARTLY_PAID"})
_SETTLES: Final = frozenset({PaymentState.PAID, PaymentState.PARTLY_PAID})
_EVENTS: Final = 200
"""Payment events of one invoice that are read: one page, since no invoice has more."""


def read_status(client: ProcountorClient, document_key: str, target_id: str) -> PaymentStatus:
    """Ask for the invoice and, if something is paid, its payment events. Raises Fault."""
    if not (target_id.isascii() and target_id.isdigit()):
        return UNKNOWN
    invoice = client.get(f"invoices/{int(target_id)}", {})
    if not isinstance(invoice, dict):
        raise Unreadable("the invoice is not in Procountor's form")
    if invoice.get("originalInvoiceNumber") != document_key:
        return UNKNOWN
    events: Sequence[Mapping[str, Any]] = ()
    if _STATES.get(str(invoice.get("status"))) in _SETTLES:
        events = _events(client.get(f"invoices/{int(target_id)}/paymentevents", {"size": str(_EVENTS)}))
    return status_of(invoice, events, utc_now().astimezone(HELSINKI).date())


def status_of(invoice: Mapping[str, Any], events: Sequence[Mapping[str, Any]], today: date) -> PaymentStatus:
    """The state of an invoice with its payment events. today: in Finland.

    Procountor has no status for "overdue": an approved invoice is, after its due date (a later `newDueDate` counts).
    A paid one with an event of the type credit loss is a credit loss: somebody wrote off the rest.
    """
    status = str(invoice.get("status"))
    state = _STATES.get(status, PaymentState.UNKNOWN)
    payment = invoice.get("paymentInfo") or {}
    due = _day(payment.get("newDueDate")) or _day(payment.get("dueDate"))
    if status in _MAY_BE_OVERDUE and due is not None and due < today:
        state = PaymentState.OVERDUE
    if state is PaymentState.PAID and any(_is_credit_loss(event) for event in events):
        state = PaymentState.CREDIT_LOSS
    days = [day for event in events if not _is_credit_loss(event) and (day := _day(event.get("paymentDate")))]
    return PaymentStatus(state, _open_amount(invoice, events, state), max(days, default=None))


def _open_amount(
    invoice: Mapping[str, Any], events: Sequence[Mapping[str, Any]], state: PaymentState
) -> Decimal | None:
    if state in (PaymentState.UNKNOWN, PaymentState.CANCELLED):
        return None
    if state in (PaymentState.PAID, PaymentState.CREDIT_LOSS):
        return Decimal("0.00")
    total = total_of(invoice)
    amounts = [_decimal(event.get("amount")) for event in events]
    if total is None or None in amounts:
        return None
    return total - sum((amount for amount in amounts if amount is not None), Decimal(0))


def total_of(invoice: Mapping[str, Any]) -> Decimal | None:
    """The total with VAT in the invoice's own currency, None if it is not told."""
    currency = (invoice.get("paymentInfo") or {}).get("currency")
    for entry in invoice.get("invoiceSumInfo") or []:
        if isinstance(entry, dict) and entry.get("currency") == currency:
            return _decimal(entry.get("invoiceSumTotal"))
    return None


def _events(reply: Any) -> list[dict[str, Any]]:
    rows = reply.get("results") if isinstance(reply, dict) else reply
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("the payment events are not in Procountor's form")
    return rows


def _is_credit_loss(event: Mapping[str, Any]) -> bool:
    kind = event.get("type") or event.get("paymentMethodType") or ""
    return str(kind).replace("_", "").upper() == "CREDITLOSS"


def _day(value: Any) -> date | None:
    with contextlib.suppress(TypeError, ValueError):
        return date.fromisoformat(value)
    return None


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
