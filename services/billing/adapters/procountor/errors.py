"""Procountor's errors in words that a biller understands, with the place in our document.

Source: procountor interface sheet §4. The body names a field of Procountor's invoice; `_PLACES` says what
that is in ours.
"""

import re
from collections.abc import Iterator
from typing import Any

from services.billing.adapters.faults import NothingSent, Refused

_MAX_DETAIL = 400

_SENTENCES = {
    400: "Procountor did not accept the content",
    403: "The Procountor user of the connection has no right to this",
    404: "Procountor does not know what the document refers to",
    409: "Procountor says that this exists already",
    422: "Procountor did not accept the content",
}
"""Statuses that mean a refusal.

409 and 422 are not documented for these calls, but mean nothing else in HTTP.
"""

_MESSAGES = {
    "DUE_DATE_BEFORE_BILL_DATE": "the due date is before the invoice date",
    "OVT_NOT_ALLOWED": "the e-invoice address is not allowed",
    "INVALID_OVT": "the e-invoice address has a wrong form",
    "UNABLE_TO_GET_CONNECTION": "the bank account is not one of the company's accounts",
}

_PLACES = (
    (r"invoiceRows\[?\.?(\d+)\]?\.(product|productCode|productId)$", "/lines/{}/product_code"),
    (r"invoiceRows\[?\.?(\d+)\]?\.quantity$", "/lines/{}/quantity"),
    (r"invoiceRows\[?\.?(\d+)\]?\.unitPrice$", "/lines/{}/unit_price"),
    (r"invoiceRows\[?\.?(\d+)\]?\.unit$", "/lines/{}/unit"),
    (r"invoiceRows\[?\.?(\d+)\]?\.(vatPercent|vatStatus)$", "/lines/{}/vat_rate_percent"),
    (r"invoiceRows\[?\.?(\d+)\]?\.discountPercent$", "/lines/{}/discount_percent"),
    (r"invoiceRows\[?\.?(\d+)\]?\b", "/lines/{}"),
    (r"invoiceRows", "/lines"),
    (r"deliveryAddress|deliverySite", "/delivery"),
    (r"counterPartyAddress\.street|[aA]ddress\.street", "/payer/address/street"),
    (r"counterPartyAddress\.zip|[aA]ddress\.zip", "/payer/address/postal_code"),
    (r"counterPartyAddress\.city|[aA]ddress\.city", "/payer/address/city"),
    (r"[aA]ddress\.country", "/payer/address/country"),
    (r"[aA]ddress\.name", "/payer/name"),
    (r"einvoiceOperator|einvoiceAddress\.operator", "/payer/einvoice_operator"),
    (r"einvoiceAddress", "/payer/einvoice_address"),
    (r"email", "/payer/email"),
    (r"customerNumber|partnerId", "/payer/number"),
    (r"identifier", "/payer/business_id"),
    (r"dueDate", "/due_date"),
    (r"currency", "/currency"),
    (r"invoiceChannel", "/payer/invoice_channel"),
    (r"orderReference", "/references/order_number"),
    (r"agreementNumber", "/references/contract"),
    (r"delivery(Start|End)Date", "/performed_on"),
    (r"vatStatus", "/vat_lines"),
    (r"(^|\.)date$", "/document_date"),
)


def refusal(status: int, body: Any) -> Refused | NothingSent | None:
    """The refusal that a 4xx answer means; a stale version is no refusal, but was not carried out either.

    body  decoded JSON, None if it was none. Returns None if the answer is not in the documented form: then
          who knows what answered.
    """
    sentence = _SENTENCES.get(status)
    problems = list(_problems(body))
    if sentence is None or not problems:
        return None
    if any(field == "version" for field, _ in problems):
        return NothingSent("Procountor says that it was changed by somebody else in the same moment")
    told = "; ".join(_told(field, message) for field, message in problems)
    pointer = next((place for field, _ in problems if (place := pointer_of(field)) is not None), None)
    return Refused(f"procountor.http_{status}", f"{sentence}: {told}"[:_MAX_DETAIL], pointer, exists=status == 409)


def pointer_of(field: str) -> str | None:
    """The JSON pointer into our document for one of Procountor's field paths, None if there is none."""
    for pattern, place in _PLACES:
        found = re.search(pattern, field)
        if found:
            return place.format(*found.groups())
    return None


def _problems(body: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(body, dict):
        return
    for entry in _list(body.get("errors")):
        yield str(entry.get("field") or ""), str(entry.get("message") or "")
    for entry in _list(body.get("constraintViolations")):  # older versions
        yield str(entry.get("field") or entry.get("path") or ""), str(entry.get("errorCode") or "")


def _list(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _told(field: str, message: str) -> str:
    message = _MESSAGES.get(message.strip(), message.strip()) or "no reason given"
    return f"{message} ({field})" if field else message
