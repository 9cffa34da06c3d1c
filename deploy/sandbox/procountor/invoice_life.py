"""What happens to an invoice later: status changes, notes, payment events. Source: procountor sheet 5.

The body of a successful status change is not public; here it is the whole invoice.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from . import enums
from .call import Call
from .checking import Fields, Problems, refused
from .company import Company, Json, new_version
from .invoices import found

# verb of the path -> (statuses it is allowed in, status it leads to)
STEPS: Mapping[str, tuple[frozenset[str], str]] = {
    "approve": (frozenset(("UNFINISHED", "RECEIVED", "VERIFIED")), "NOT_SENT"),
    "send": (frozenset(("NOT_SENT", "SENT")), "SENT"),
    "unfinished": (frozenset(("NOT_SENT", "SENT")), "UNFINISHED"),
    "invalidate": (frozenset(("UNFINISHED", "NOT_SENT", "SENT")), "INVALIDATED"),
}
_PAYABLE = frozenset(("NOT_SENT", "SENT", "PARTLY_PAID"))


def approve(call: Call) -> Json:
    """PUT /invoices/{id}/approve: UNFINISHED becomes NOT_SENT; else 403. The body's comment is ignored."""
    return _step(call, "approve")


def send(call: Call) -> Json:
    """PUT /invoices/{id}/send: only NOT_SENT or SENT; else 403."""
    return _step(call, "send")


def unfinish(call: Call) -> Json:
    """PUT /invoices/{id}/unfinished: back to UNFINISHED."""
    return _step(call, "unfinished")


def invalidate(call: Call) -> Json:
    """PUT /invoices/{id}/invalidate: there is no deletion."""
    return _step(call, "invalidate")


def set_notes(call: Call) -> Json:
    """PUT /invoices/{id}/notes: in any status."""
    invoice = found(call)
    body = call.json()
    problems = Problems()
    fields = Fields(body, "", problems)
    fields.text("notes", required=True, max_length=10_000)
    fields.finish()
    problems.refuse_if_any()
    return _changed(call, invoice, notes=body["notes"])


def mark_paid(call: Call) -> Json:
    """PUT /invoices/{id}/paymentevents/markpaid: PARTLY_PAID, or MARKED_PAID when the whole sum is there."""
    invoice = found(call)
    if invoice["status"] not in _PAYABLE:
        raise refused(403, "WRONG_STATUS", "status")
    event = _event(call)
    payment_id = call.company.next_id("payment")
    call.company.save("payment", {"id": payment_id, **event}, {"invoice_id": invoice["id"]})
    _recount(call, invoice)
    return call.company.registers["payment"][payment_id]


def list_payments(call: Call) -> Json:
    """GET /invoices/{id}/paymentevents."""
    invoice = found(call)
    return {"paymentEvents": _events(call.company, invoice["id"])}


def get_payment(call: Call) -> Json:
    """GET /invoices/{id}/paymentevents/{pid}."""
    return _payment(call)


def delete_payment(call: Call) -> None:
    """DELETE /invoices/{id}/paymentevents/{pid}: 204."""
    invoice = found(call)
    payment = _payment(call)
    call.company.invoice_payments[invoice["id"]].remove(payment["id"])
    call.company.save("payment", payment, {"invoice_id": invoice["id"], "deleted": True})
    _recount(call, invoice)


def _step(call: Call, verb: str) -> Json:
    invoice = found(call)
    allowed, status = STEPS[verb]
    if invoice["status"] not in allowed:
        raise refused(403, f"WRONG_STATUS {verb} is not possible in {invoice['status']}", "status")
    return _changed(call, invoice, status=status)


def _changed(call: Call, invoice: Json, **changes: str) -> Json:
    changed = {**invoice, **changes, "version": new_version(call.now, invoice["version"])}
    call.company.save("invoice", changed)
    return changed


def _event(call: Call) -> Json:
    body = call.json()
    problems = Problems()
    fields = Fields(body, "", problems)
    fields.day("paymentDate", required=True)
    fields.number("amount", required=True, decimals=2)
    fields.choice("currency", enums.CURRENCIES, required=True)
    fields.text("description", max_length=140)
    fields.choice("paymentMethodType", enums.PAYMENT_EVENT_METHODS)
    fields.finish()
    problems.refuse_if_any()
    return body


def _payment(call: Call) -> Json:
    payment_id = call.key(1)
    if payment_id not in call.company.invoice_payments.get(call.key(), []):
        raise refused(404, "PAYMENT_EVENT_NOT_FOUND")
    return call.company.registers["payment"][payment_id]


def _events(company: Company, invoice_id: int) -> list[Json]:
    return [company.registers["payment"][key] for key in company.invoice_payments.get(invoice_id, [])]


def _recount(call: Call, invoice: Json) -> None:
    company = call.company
    paid = sum((Decimal(event["amount"]) for event in _events(company, invoice["id"])), Decimal("0.00"))
    total = Decimal(invoice["invoiceSumInfo"][0]["invoiceSumTotal"])
    status = "SENT" if not paid else "MARKED_PAID" if abs(paid) >= abs(total) else "PARTLY_PAID"
    company.notes[("invoice", invoice["id"])]["paid"] = str(paid)
    _changed(call, invoice, status=status)
