"""A document as the JSON that webhooks carry; docs/adapters.md describes it field by field. Pure.

Version 1. Fields may be added within a version; none is removed or changes its meaning.
"""

import base64
import json
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.billing.adapters import texts
from services.billing.domain.document import (
    Address,
    Attachment,
    Delivery,
    Document,
    DocumentLine,
    Party,
    Period,
    VatLine,
)

DOCUMENT: Final = "urakka.document.v1"
PING: Final = "urakka.ping.v1"


def document_body(document: Document) -> bytes:
    """The body for a document: the same bytes for the same document, UTF-8, keys sorted."""
    return _bytes({"type": DOCUMENT, "key": document.key, "document": _document(document)})


def ping_body(key: str) -> bytes:
    """The body of a call that asks for nothing but an answer."""
    return _bytes({"type": PING, "key": key})


def _document(document: Document) -> dict[str, Any]:
    original = document.reverses
    return {
        "id": document.id,
        "payer": _payer(document.payer),
        "currency": document.currency,
        "document_date": document.document_date.isoformat(),
        "performed_on": _day(document.performed_on),
        "period": _period(document.period),
        "delivery": _delivery(document.delivery),
        "prices_include_vat": document.prices_include_vat,
        "labour": _labour(document),
        "attachments": [_attachment(each) for each in document.attachments],
        "due_date": document.due_date.isoformat(),
        "references": {name: texts.clean(text) for name, text in document.references.items()},
        "lines": [_line(line) for line in document.lines],
        "vat_lines": [_vat_line(line) for line in document.vat_lines],
        "net": _amount(document.net),
        "vat": _amount(document.vat),
        "gross": _amount(document.gross),
        "workorder_numbers": list(document.workorder_numbers),
        "text_before": texts.clean(document.text_before),
        "reverse_charge_statement": texts.reverse_charge_statement(document),
        "reverses_key": None if original is None else original.key,
    }


def _period(period: Period | None) -> dict[str, str] | None:
    return None if period is None else {"first": period.first.isoformat(), "last": period.last.isoformat()}


def _delivery(site: Delivery | None) -> dict[str, Any] | None:
    if site is None:
        return None
    return {"site_name": texts.clean(site.site_name), "address": _address(site.address) if site.address else None}


def _labour(document: Document) -> dict[str, str] | None:
    """Of private persons, for the household deduction."""
    net, gross = document.labour_net, document.labour_gross
    if net is None or gross is None:
        return None
    return {"net": _amount(net), "gross": _amount(gross), "statement": texts.labour_statement(document)}


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "sha256": attachment.sha256,
        "content": base64.b64encode(attachment.content).decode("ascii"),
    }


def _address(address: Address) -> dict[str, str]:
    return {
        "street": texts.clean(address.street),
        "postal_code": texts.clean(address.postal_code),
        "city": texts.clean(address.city),
        "country": address.country,
    }


def _payer(payer: Party) -> dict[str, Any]:
    percent = payer.late_interest_percent
    return {
        "customer_id": payer.customer_id,
        "number": payer.number,
        "name": texts.clean(payer.name),
        "kind": payer.kind,
        "business_id": payer.business_id,
        "vat_number": payer.vat_number,
        "address": _address(payer.address),
        "email": payer.email,
        "language": payer.language,
        "invoice_channel": payer.invoice_channel,
        "einvoice_address": payer.einvoice_address,
        "einvoice_operator": payer.einvoice_operator,
        "payment_term_days": payer.payment_term_days,
        "late_interest_percent": None if percent is None else _plain(percent),
    }


def _line(line: DocumentLine) -> dict[str, Any]:
    return {
        "position": line.position,
        "product_id": line.product_id,
        "product_code": texts.clean(line.product_code),
        "product_kind": line.product_kind,
        "text": texts.clean(line.text),
        "quantity": _plain(line.quantity),
        "unit": texts.clean(line.unit),
        "unit_price": _plain(line.unit_price, places=2),
        "unit_price_gross": _plain(line.unit_price_gross, places=2),
        "discount_percent": _plain(line.discount_percent),
        "vat_class": line.vat_class,
        "vat_category": line.vat_category,
        "vat_rate_percent": _plain(line.vat_rate_percent),
        "net": _amount(line.net),
        "vat": _amount(line.vat_share),
        "row_ids": list(line.row_ids),
        "performed_from": _day(line.performed_from),
        "performed_to": _day(line.performed_to),
        "site_name": None if line.site_name is None else texts.clean(line.site_name),
        "dimensions": {name: texts.clean(text) for name, text in line.dimensions.items()},
    }


def _vat_line(line: VatLine) -> dict[str, Any]:
    return {
        "category": line.category,
        "rate_percent": _plain(line.rate_percent),
        "base": _amount(line.base),
        "vat": _amount(line.vat),
    }


def _amount(value: Decimal) -> str:
    """Two decimals. Raises ValueError if that would lose cents: rounding is not done here."""
    if value != value.quantize(Decimal("0.01")):
        raise ValueError("an amount with more than two decimals")
    return f"{value:.2f}"


def _plain(value: Decimal, places: int = 0) -> str:
    """Without exponent and trailing zeros, with at least `places` decimals: the same text for the same number."""
    whole, _, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
