"""Our documents, customers and products as Procountor's JSON. Pure: values in, bytes out.

Source: procountor interface sheet §4–§7.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.billing.adapters import texts
from services.billing.adapters.procountor import names
from services.billing.adapters.procountor.exact_json import JsonValue, encode
from services.billing.adapters.procountor.rules import Rules, channel, product_code, trimmed, unit, vat_status
from services.billing.domain.document import Address, Delivery, Document, DocumentLine, Party

_NAME, _STREET, _ZIP, _CITY, _REFERENCE, _COMMENT, _NOTES, _PRODUCT = 80, 80, 20, 40, 70, 512, 10_000, 100
_ATTACHMENT = 100
_SHORT_REFERENCE = 35
"""Of fields whose length no source states: what Finvoice, into which Procountor turns them, has room for."""


def lengths_of(document: Document) -> Iterator[tuple[str, str, int]]:
    """(pointer, text, limit) of everything that is cut and whose characters are replaced."""
    address = document.payer.address
    yield "/payer/name", document.payer.name, _NAME
    yield "/payer/address/street", address.street, _STREET
    yield "/payer/address/postal_code", address.postal_code, _ZIP
    yield "/payer/address/city", address.city, _CITY
    yield "/references/order_number", document.references.get("order_number", ""), _REFERENCE
    yield "/text_before", texts.introduction(document), _NOTES
    if document.delivery is not None:
        yield "/delivery/site_name", document.delivery.site_name, _NAME
    for index, line in enumerate(document.lines):
        yield f"/lines/{index}/text", line.text, _COMMENT


def invoice_json(document: Document, rules: Rules, partner_id: int, product_ids: Mapping[str, int]) -> bytes:
    """The body of POST /invoices.

    product_ids  Procountor's code of a product → its id there, for every line.
    Our key stands in originalInvoiceNumber, which GET /invoices can be asked for. An empty bankReferenceCode lets
    Procountor make the reference; leaving it out would mean "none".
    """
    header_status = vat_status(document.lines[0], rules)
    how = channel(document.payer, rules)
    return encode(
        {
            "partnerId": partner_id,
            "type": "SALES_INVOICE",
            "date": document.document_date.isoformat(),
            "counterParty": _counter_party(document),
            **_addresses(document, how),
            "paymentInfo": {
                "paymentMethod": "BANK_TRANSFER",
                "currency": document.currency,
                "dueDate": document.due_date.isoformat(),
                "currencyRate": 1,
                "bankAccount": {"accountNumber": rules.iban},
                "bankReferenceCode": "",
            },
            "extraInfo": {
                "accountingByRow": rules.accounting_by_row,
                "unitPricesIncludeVat": document.prices_include_vat,
            },
            "discountPercent": 0,
            **_given({"orderReference": _text(document.references.get("order_number", ""), _REFERENCE)}),
            "invoiceRows": [
                _row(document, line, rules, product_ids[product_code(line)], header_status) for line in document.lines
            ],
            "originalInvoiceNumber": document.key,
            "vatStatus": header_status,
            **_performed(document),
            **_references(document),
            "invoiceChannel": how,
            **_late_interest("penaltyPercent", document.payer),
            "language": names.LANGUAGES.get(document.payer.language) or names.LANGUAGES[rules.language],
            **_given({"additionalInformation": _additional_information(document)}),
        }
    )


def _performed(document: Document) -> dict[str, JsonValue]:
    """The invoicing period, else the last work day."""
    if document.period is not None:
        first, last = document.period.first, document.period.last
    elif document.performed_on is not None:
        first = last = document.performed_on
    else:
        return {}
    return {"deliveryStartDate": first.isoformat(), "deliveryEndDate": last.isoformat()}


def _references(document: Document) -> dict[str, JsonValue]:
    """What the buyer's own system reads; people read the same in additionalInformation."""
    site = document.delivery.site_name if document.delivery is not None else ""
    return _given(
        {
            "agreementNumber": _text(document.references.get("contract", ""), _SHORT_REFERENCE),
            "accountingCode": _text(document.references.get("cost_centre", ""), _SHORT_REFERENCE),
            "deliverySite": _text(site, _SHORT_REFERENCE),
        }
    )


def _addresses(document: Document, how: str) -> dict[str, JsonValue]:
    """The site as delivery address; the billing address where e-invoices may need it in words (sheet §5.3)."""
    addresses: dict[str, JsonValue] = {}
    if how == "ELECTRONIC_INVOICE":
        addresses["billingAddress"] = _address(document.payer.name, document.payer.address)
    if document.delivery is not None and (address := _site(document.delivery)):
        addresses["deliveryAddress"] = address
    return addresses


def _site(delivery: Delivery) -> dict[str, JsonValue]:
    """The site's address; {} would mean none at all, so a site without a name has no address of its own."""
    if not texts.clean(delivery.site_name):
        return {}
    if delivery.address is None or delivery.address.country.upper() not in names.COUNTRIES:
        return {"name": _text(delivery.site_name, _NAME)}
    return _address(delivery.site_name, delivery.address)


def _additional_information(document: Document) -> str:
    parts = (texts.introduction(document), texts.statements(document))
    return _text("\n".join(part for part in parts if part), _NOTES)


def _counter_party(document: Document) -> dict[str, JsonValue]:
    payer = document.payer
    party: dict[str, JsonValue] = _given(
        {
            "contactPersonName": _text(document.references.get("orderer", ""), _REFERENCE),
            "identifier": _text(payer.business_id or "", 20),
            "customerNumber": payer.number.strip(),
            "email": _text(payer.email or "", 255),
        }
    )
    party["counterPartyAddress"] = _address(payer.name, payer.address)
    if _has_einvoice(payer):
        given = {"operator": payer.einvoice_operator or "", "address": payer.einvoice_address or ""}
        party["einvoiceAddress"] = _given(given)
    return party


def _has_einvoice(payer: Party) -> bool:
    """Whether the address is enough: in Finland it needs an operator (sheet §5.3)."""
    return bool(payer.einvoice_address and (payer.einvoice_operator or payer.address.country.upper() != "FI"))


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


def _row(
    document: Document, line: DocumentLine, rules: Rules, product_id: int, header_status: int | None
) -> dict[str, JsonValue]:
    text = _text(line.text, _COMMENT) or product_code(line)
    name = _text(text.replace("\n", " "), _NAME)
    comment = [text] if name != text else []
    if unit(line, rules) == names.NO_UNIT and line.unit.strip() not in ("", "%"):
        comment.append(f"({_text(line.unit, 20)})")
    status = vat_status(line, rules)
    row: dict[str, JsonValue] = {
        "productId": product_id,
        "product": name,
        "productCode": product_code(line),
        "quantity": trimmed(line.quantity),
        "unit": unit(line, rules),
        "unitPrice": trimmed(line.unit_price_gross if document.prices_include_vat else line.unit_price),
        "discountPercent": trimmed(line.discount_percent),
        "vatPercent": trimmed(line.vat_rate_percent),
        **_given({"comment": _text(" ".join(comment), _COMMENT)}),
        **_days(line),
    }
    if status != header_status:
        row["vatStatus"] = status
    return row


def _days(line: DocumentLine) -> dict[str, JsonValue]:
    if line.performed_from is None or line.performed_to is None:
        return {}
    return {"startDate": line.performed_from.isoformat(), "endDate": line.performed_to.isoformat()}


def partner_json(payer: Party, rules: Rules) -> bytes:
    """The body of POST /businesspartners."""
    return encode({**partner_values(payer, rules), "registryInfo": {"active": True}})


def partner_values(payer: Party, rules: Rules) -> dict[str, JsonValue]:
    """What we keep up to date of a business partner."""
    invoicing: dict[str, Any] = {
        "customerNumber": payer.number.strip(),
        **_given({"identifier": _text(payer.business_id or "", 20)}),
        "invoiceChannel": channel(payer, rules),
        "language": names.LANGUAGES.get(payer.language) or names.LANGUAGES[rules.language],
        **_given({"email": _text(payer.email or "", 255)}),
    }
    if _has_einvoice(payer):
        given = {"einvoiceAddress": payer.einvoice_address or "", "einvoiceOperator": payer.einvoice_operator or ""}
        invoicing |= _given(given)
    return {
        "name": _text(payer.name, _NAME),
        "type": "CUSTOMER",
        "address": _address(payer.name, payer.address),
        "invoicingInfo": invoicing,
        "paymentInfo": {
            "paymentMethod": "BANK_TRANSFER",
            "paymentTermDays": str(payer.payment_term_days),
            "currency": "EUR",
            **_late_interest("penalInterestRate", payer),
        },
    }


def _late_interest(name: str, payer: Party) -> dict[str, JsonValue]:
    """What was agreed with this payer; without it Procountor takes the company's own."""
    percent = payer.late_interest_percent
    return {} if percent is None else {name: trimmed(percent)}


def product_json(line: DocumentLine, rules: Rules, currency: str) -> bytes:
    """The body of POST /products, for the product of a line (its text, unit, price and VAT rate)."""
    return encode(
        {
            "type": "SALES",
            "name": _text(line.text.split("\n")[0], _PRODUCT) or product_code(line),
            "code": product_code(line),
            "discount": 0,
            "price": trimmed(line.unit_price),
            "active": True,
            "currency": currency,
            **product_values(line, rules),
        }
    )


def product_values(line: DocumentLine, rules: Rules) -> dict[str, JsonValue]:
    """What we keep up to date of a product.

    Neither name nor price: both differ from line to line, by the payer's language and price agreement.
    """
    return {"unit": unit(line, rules), "vat": trimmed(line.vat_rate_percent)}


def attachment_name(name: str) -> str:
    """The name under which Procountor keeps an attachment, cut before its ending, by which it knows the kind."""
    stem, dot, ending = names.in_windows_1252(texts.clean(name)).rpartition(".")
    return texts.cut(stem, _ATTACHMENT - len(dot + ending)) + dot + ending


def _text(text: str, limit: int) -> str:
    """Cut at the limit after the replacement, which may make the text longer."""
    return texts.cut(names.in_windows_1252(texts.clean(text)), limit)


def _given(values: Mapping[str, str]) -> dict[str, JsonValue]:
    return {name: value for name, value in values.items() if value}
