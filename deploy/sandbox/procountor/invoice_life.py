"""What happens to an invoice later: status changes, notes, payment events. Source: procountor sheet 5.

A status change answers an info message, not the invoice. Deleting a payment event answers 204 as the sheet says of
every deletion; another public copy of the schema shows 202 with a confirmation to follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from . import enums
from .call import Call, page
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
# paymentMethodType of the request -> type of the payment event; the others lose their underscore
_EVENT_TYPES = {"EXTERNAL_BANK_TRANSFER": "BANKTRANSFERELSEWHERE", "CREDIT_NOTE": "COMPENSATIONINVOICE"}
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


def purchases_only(call: Call) -> None:
    """PUT /invoices/{id}/verify and /sendToCirculation are of the purchase side: 403 for what the sandbox has."""
    found(call)
    raise refused(403, "WRONG_TYPE only purchase invoices are verified", "type")


def set_notes(call: Call) -> Json:
    """PUT /invoices/{id}/notes: in any status."""
    invoice = found(call)
    body = call.json()
    problems = Problems()
    fields = Fields(body, "", problems)
    fields.text("notes", required=True, max_length=10_000)
    fields.finish()
    problems.refuse_if_any()
    _change(call, invoice, notes=body["notes"])
    return {"message": "Notes were successfully updated."}


def mark_paid(call: Call) -> Json:
    """PUT /invoices/{id}/paymentevents/markpaid: PARTLY_PAID, or MARKED_PAID when the whole sum is there."""
    invoice = found(call)
    if invoice["status"] not in _PAYABLE:
        raise refused(403, "WRONG_STATUS", "status")
    event = _event(call, invoice)
    call.company.save("payment", event, {"invoice_id": invoice["id"]})
    _recount(call, invoice)
    return event


def list_payments(call: Call) -> Json:
    """GET /invoices/{id}/paymentevents."""
    invoice = found(call)
    return page(call, _events(call.company, invoice["id"]))


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
    _change(call, invoice, status=status)
    return {"message": f"Invoice is now {status}."}


def _change(call: Call, invoice: Json, **changes: str) -> None:
    version = new_version(call.now, invoice["version"])
    call.company.save("invoice", {**invoice, **changes, "version": version})


def _event(call: Call, invoice: Json) -> Json:
    body = call.json()
    problems = Problems()
    fields = Fields(body, "", problems)
    fields.day("paymentDate", required=True)
    fields.number("amount", required=True, decimals=2)
    currency = fields.choice("currency", enums.CURRENCIES, required=True)
    if currency and currency != invoice["paymentInfo"]["currency"]:
        fields.problem("currency", "INVALID_CURRENCY it must be the invoice's")
    fields.text("description", max_length=140)
    method = fields.choice("paymentMethodType", enums.PAYMENT_EVENT_METHODS) or "EXTERNAL_BANK_TRANSFER"
    fields.finish()
    problems.refuse_if_any()
    return {
        "id": call.company.next_id("payment"),
        "invoiceId": invoice["id"],
        "type": _EVENT_TYPES.get(method, method.replace("_", "")),
        "paymentDate": body["paymentDate"],
        "status": "MARKED_PAID",
        "amount": body["amount"],
        "currency": body["currency"],
    }


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
    _change(call, invoice, status=status)
