"""Our documents, customers and products as Procountor's JSON. Pure: values in, bytes out.

Source: procountor interface sheet §4–§7.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.billing.adapters import texts
from services.billing.adapters.procountor import names
from services.billing.adapters.procountor.exact_json import JsonValue, encode
from services.billing.domain.document import Address, Document, DocumentLine, Party
from services.billing.domain.outcomes import Rejected
from services.billing.domain.preflight import Problem, Severity, blocks

DEFAULT_VAT_STATUSES = {"S": 1}
"""1 is domestic sale.

The other numbers depend on the company (sheet §6), so they must be given in the settings.
"""

_NAME, _STREET, _ZIP, _CITY, _KEY, _REFERENCE, _COMMENT, _NOTES, _PRODUCT, _CODE = (
    80, 80, 20, 40, 40, 70, 512, 10_000, 100, 40,
)  # fmt: skip

_BUSINESSES = frozenset({"company", "housing_company", "public"})
_LONGEST_TERM_DAYS = 999


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's choices that shape the JSON.

    iban             one of the company's accounts, without blanks
    vat_statuses     VAT category, or "category/rate" such as "S/13.5", → Procountor's VAT status; the
                     longer key wins
    units            our unit → Procountor's, before the general table
    invoice_channel  used when the payer has none
    language         fi, sv or en; used when the payer has none
    """

    iban: str
    vat_statuses: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_VAT_STATUSES))
    units: Mapping[str, str] = field(default_factory=dict)
    invoice_channel: str = "none"
    language: str = "fi"
    accounting_by_row: bool = True


def vat_status(line: DocumentLine, rules: Rules) -> int | None:
    """Procountor's VAT status for a line, None if the settings have none."""
    rate = f"{_trimmed(line.vat_rate_percent):f}"
    return rules.vat_statuses.get(f"{line.vat_category}/{rate}", rules.vat_statuses.get(line.vat_category))


def channel(payer: Party, rules: Rules) -> str:
    """Procountor's invoice channel for the payer."""
    return names.CHANNELS.get(payer.invoice_channel) or names.CHANNELS[rules.invoice_channel]


def objection(document: Document, rules: Rules) -> Rejected | None:
    """What makes the document impossible in Procountor, found before anything is sent.

    None if nothing does.
    """
    return next(objections(document, rules), None)


def objections(document: Document, rules: Rules) -> Iterator[Rejected]:
    """All reasons for `objection`."""
    if not document.lines:
        yield Rejected("procountor.no_lines", "The document has no lines.", "/lines")
    if len(document.key) > _KEY:
        yield Rejected("procountor.key", f"The document's key is longer than {_KEY} characters.", "/key")
    yield from _payer_objections(document.payer, rules)
    for index, line in enumerate(document.lines):
        yield from _line_objections(document, index, line, rules)


def _payer_objections(payer: Party, rules: Rules) -> Iterator[Rejected]:
    if not payer.number.strip():
        yield Rejected("procountor.customer_number_missing", "The payer has no customer number.", "/payer/number")
    if payer.address.country.upper() not in names.COUNTRIES:
        detail = f"The country {payer.address.country} has no counterpart in the Procountor connection."
        yield Rejected("procountor.country", detail, "/payer/address/country")
    how = channel(payer, rules)
    if how == "EMAIL" and not payer.email:
        yield Rejected(
            "procountor.email_missing", "An invoice by e-mail needs the payer's e-mail address.", "/payer/email"
        )
    if how == "ELECTRONIC_INVOICE" and not payer.einvoice_address:
        detail = "An e-invoice needs the payer's e-invoice address."
        yield Rejected("procountor.einvoice_address_missing", detail, "/payer/einvoice_address")
    if how == "ELECTRONIC_INVOICE" and not payer.einvoice_operator:
        detail = "An e-invoice needs the operator of the payer's e-invoice address."
        yield Rejected("procountor.einvoice_operator_missing", detail, "/payer/einvoice_operator")
    if how in ("ELECTRONIC_INVOICE", "MAIL"):
        for name in ("street", "postal_code", "city"):
            if not getattr(payer.address, name).strip():
                detail = "An e-invoice or letter needs the payer's street, postal code and city."
                yield Rejected("procountor.address_incomplete", detail, f"/payer/address/{name}")


def _line_objections(document: Document, index: int, line: DocumentLine, rules: Rules) -> Iterator[Rejected]:
    if not line.product_code.strip() or len(line.product_code.strip()) > _CODE:
        detail = (
            f"Procountor needs a product code of 1–{_CODE} characters; line {line.position} has “{line.product_code}”."
        )
        yield Rejected("procountor.product_code", detail, f"/lines/{index}/product_code")
    if vat_status(line, rules) is None:
        detail = (
            f"Line {line.position}: the connection's settings name no Procountor VAT status for category "
            f"{line.vat_category} at {_trimmed(line.vat_rate_percent):f} %."
        )
        yield Rejected("procountor.vat_status_missing", detail, f"/lines/{index}/vat_category")
    if texts.is_reverse_charge(line) and texts.buyer_vat_id(document) is None:
        detail = "Reverse charge needs the buyer's VAT number or business ID."
        yield Rejected("procountor.vat_number_missing", detail, "/payer/vat_number")


def preflight(document: Document, rules: Rules) -> Iterator[Problem]:
    """Everything that Procountor is known to refuse or that we would replace or shorten (sheet §4–§6)."""
    yield from blocks(objections(document, rules))
    payer = document.payer
    if payer.kind in _BUSINESSES and not texts.clean(payer.business_id or ""):
        detail = "Procountor needs the business ID of a company."
        yield Problem("procountor.business_id_missing", detail, "/payer/business_id")
    if not 0 <= (document.due_date - document.document_date).days <= _LONGEST_TERM_DAYS:
        detail = f"The due date must be 0–{_LONGEST_TERM_DAYS} days after the document date."
        yield Problem("procountor.due_date", detail, "/due_date")
    for index, line in enumerate(document.lines):
        if line.unit.strip() not in ("", "%") and _unit(line, rules) == names.NO_UNIT:
            detail = f"Procountor has no unit “{line.unit}”; it would stand in the comment."
            yield Problem("procountor.unit_unknown", detail, f"/lines/{index}/unit", Severity.WARNING)
    yield from _replaced(document)
    yield from texts.too_long("procountor.text_too_long", _lengths(document))


def _replaced(document: Document) -> Iterator[Problem]:
    """Texts with characters that Windows-1252 lacks."""
    for pointer, text, _ in _lengths(document):
        clean = texts.clean(text)
        lost = sorted({character for character in clean if names.in_windows_1252(character) != character})
        if lost:
            detail = f"These characters are replaced: {' '.join(lost)[:60]}"
            yield Problem("procountor.characters_replaced", detail, pointer, Severity.WARNING)


def _lengths(document: Document) -> Iterator[tuple[str, str, int]]:
    """(pointer, text, limit) of everything that is cut and whose characters are replaced."""
    address = document.payer.address
    yield "/payer/name", document.payer.name, _NAME
    yield "/payer/address/street", address.street, _STREET
    yield "/payer/address/postal_code", address.postal_code, _ZIP
    yield "/payer/address/city", address.city, _CITY
    yield "/references/order_number", document.references.get("order_number", ""), _REFERENCE
    yield "/text_before", texts.introduction(document), _NOTES
    for index, line in enumerate(document.lines):
        yield f"/lines/{index}/text", line.text, _COMMENT


def invoice_json(document: Document, rules: Rules, partner_id: int, product_ids: Mapping[str, int]) -> bytes:
    """The body of POST /invoices.

    product_ids  our product code → Procountor's id, for every line. Our key stands in
                 originalInvoiceNumber, which GET /invoices
    can be asked for. An empty bankReferenceCode lets Procountor make the reference; leaving it out would
    mean "none".
    """
    header_status = vat_status(document.lines[0], rules)
    return encode(
        {
            "partnerId": partner_id,
            "type": "SALES_INVOICE",
            "date": document.document_date.isoformat(),
            "counterParty": _counter_party(document.payer),
            "paymentInfo": {
                "paymentMethod": "BANK_TRANSFER",
                "currency": document.currency,
                "dueDate": document.due_date.isoformat(),
                "currencyRate": 1,
                "bankAccount": {"accountNumber": rules.iban},
                "bankReferenceCode": "",
            },
            "extraInfo": {"accountingByRow": rules.accounting_by_row, "unitPricesIncludeVat": False},
            "discountPercent": 0,
            **_given({"orderReference": _text(document.references.get("order_number", ""), _REFERENCE)}),
            "invoiceRows": [
                _row(line, rules, product_ids[line.product_code], header_status) for line in document.lines
            ],
            "originalInvoiceNumber": document.key,
            "vatStatus": header_status,
            **_performed(document),
            "invoiceChannel": channel(document.payer, rules),
            "language": names.LANGUAGES.get(document.payer.language) or names.LANGUAGES[rules.language],
            **_given({"additionalInformation": _additional_information(document)}),
        }
    )


def _performed(document: Document) -> dict[str, JsonValue]:
    if document.performed_on is None:
        return {}
    day = document.performed_on.isoformat()
    return {"deliveryStartDate": day, "deliveryEndDate": day}


def _additional_information(document: Document) -> str:
    parts = (texts.introduction(document), texts.reverse_charge_statement(document))
    return _text("\n".join(part for part in parts if part), _NOTES)


def _counter_party(payer: Party) -> dict[str, JsonValue]:
    party: dict[str, JsonValue] = _given(
        {
            "identifier": _text(payer.business_id or "", 20),
            "customerNumber": payer.number.strip(),
            "email": _text(payer.email or "", 255),
        }
    )
    party["counterPartyAddress"] = _address(payer.name, payer.address)
    if payer.einvoice_address and payer.einvoice_operator:
        party["einvoiceAddress"] = {"operator": payer.einvoice_operator, "address": payer.einvoice_address}
    return party


def _address(name: str, address: Address) -> dict[str, JsonValue]:
    return {
        "name": _text(name, _NAME),
        **_given(
            {
                "street": _text(address.street, _STREET),
                "zip": _text(address.postal_code, _ZIP),
                "city": _text(address.city, _CITY),
            }
        ),
        "country": names.COUNTRIES[address.country.upper()],
    }


def _row(line: DocumentLine, rules: Rules, product_id: int, header_status: int | None) -> dict[str, JsonValue]:
    text = _text(line.text, _COMMENT) or line.product_code
    name = _text(text.replace("\n", " "), _NAME)
    unit = _unit(line, rules)
    comment = [text] if name != text else []
    if unit == names.NO_UNIT and line.unit.strip() not in ("", "%"):
        comment.append(f"({_text(line.unit, 20)})")
    status = vat_status(line, rules)
    row: dict[str, JsonValue] = {
        "productId": product_id,
        "product": name,
        "productCode": _text(line.product_code, _CODE),
        "quantity": _trimmed(line.quantity),
        "unit": unit,
        "unitPrice": _trimmed(line.unit_price),
        "discountPercent": _trimmed(line.discount_percent),
        "vatPercent": _trimmed(line.vat_rate_percent),
        **_given({"comment": _text(" ".join(comment), _COMMENT)}),
    }
    if status != header_status:
        row["vatStatus"] = status
    return row


def partner_json(payer: Party, rules: Rules) -> bytes:
    """The body of POST /businesspartners."""
    invoicing: dict[str, Any] = {
        "customerNumber": payer.number.strip(),
        **_given({"identifier": _text(payer.business_id or "", 20)}),
        "invoiceChannel": channel(payer, rules),
        "language": names.LANGUAGES.get(payer.language) or names.LANGUAGES[rules.language],
        **_given({"email": _text(payer.email or "", 255)}),
    }
    if payer.einvoice_address and payer.einvoice_operator:
        invoicing["einvoiceAddress"] = payer.einvoice_address
        invoicing["einvoiceOperator"] = payer.einvoice_operator
    return encode(
        {
            "name": _text(payer.name, _NAME),
            "type": "CUSTOMER",
            "address": _address(payer.name, payer.address),
            "invoicingInfo": invoicing,
            "paymentInfo": {
                "paymentMethod": "BANK_TRANSFER",
                "paymentTermDays": str(payer.payment_term_days),
                "currency": "EUR",
            },
            "registryInfo": {"active": True},
        }
    )


def product_json(line: DocumentLine, rules: Rules, currency: str) -> bytes:
    """The body of POST /products, for the product of a line (its text, unit, price and VAT rate)."""
    return encode(
        {
            "type": "SALES",
            "name": _text(line.text.split("\n")[0], _PRODUCT) or line.product_code.strip(),
            "code": line.product_code.strip(),
            "unit": _unit(line, rules),
            "discount": 0,
            "price": _trimmed(line.unit_price),
            "vat": _trimmed(line.vat_rate_percent),
            "active": True,
            "currency": currency,
        }
    )


def _unit(line: DocumentLine, rules: Rules) -> str:
    return rules.units.get(line.unit) or names.unit_name(line.unit)


def _text(text: str, limit: int) -> str:
    """Cut at the limit after the replacement, which may make the text longer."""
    return texts.cut(names.in_windows_1252(texts.clean(text)), limit)


def _given(values: Mapping[str, str]) -> dict[str, JsonValue]:
    return {name: value for name, value in values.items() if value}


def _trimmed(value: Decimal) -> Decimal:
    """Without trailing zeros after the point."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
