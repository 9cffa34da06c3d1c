"""What a column may show: every value of a document and of its lines, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.billing.adapters import texts
from services.billing.domain.document import Document, DocumentLine

Value = str | Decimal | date | None


class Kind(StrEnum):
    """What a field's values are, and so which formats a column of it may have."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    read     (document, line) → value; the line is None where a row stands for a whole document
    of_line  whether it needs a line
    usual    the format of a column that names none
    total    for amounts of a line: what the totals row shows, from the document
    """

    kind: Kind
    description: str
    read: Callable[[Document, DocumentLine | None], Value]
    of_line: bool = False
    usual: str = ""
    total: Callable[[Document], Decimal] | None = None


def _text(description: str, read: Callable[[Document], str | None]) -> Field:
    return Field(Kind.TEXT, description, lambda document, _line: read(document))


def _date(description: str, read: Callable[[Document], date | None]) -> Field:
    return Field(Kind.DATE, description, lambda document, _line: read(document), usual="yyyy-mm-dd")


def _sum(description: str, read: Callable[[Document], Decimal]) -> Field:
    return Field(Kind.NUMBER, description, lambda document, _line: read(document), usual="0.00")


def _line(
    kind: Kind,
    description: str,
    read: Callable[[DocumentLine], Value],
    usual: str = "",
    total: Callable[[Document], Decimal] | None = None,
) -> Field:
    def value(_document: Document, line: DocumentLine | None) -> Value:
        return None if line is None else read(line)

    return Field(kind, description, value, True, usual, total)


def _reference(name: str, description: str) -> tuple[str, Field]:
    return f"reference.{name}", _text(description, lambda document: document.references.get(name))


def _site_address(document: Document) -> str | None:
    if document.delivery is None or document.delivery.address is None:
        return None
    address = document.delivery.address
    place = " ".join(filter(None, (address.postal_code, address.city)))
    return ", ".join(filter(None, (address.street, place)))


FIELDS: Mapping[str, Field] = {
    "document.key": _text("Our stable key of the document", lambda d: d.key),
    "document.date": _date("Date of the document", lambda d: d.document_date),
    "document.due_date": _date("Due date", lambda d: d.due_date),
    "document.performed_on": _date("Last day of work", lambda d: d.performed_on),
    "document.period_from": _date("First day of work", lambda d: d.period.first if d.period else None),
    "document.site": _text(
        "The site, when all orders share one", lambda d: d.delivery.site_name if d.delivery else None
    ),
    "document.site_address": _text("Its address", _site_address),
    "document.labour": Field(
        Kind.NUMBER,
        "A private person's labour with VAT, for the household deduction",
        lambda d, _line: d.labour_gross,
        usual="0.00",
    ),
    "document.labour_statement": _text("The sentence about it, in the payer's language", texts.labour_statement),
    "document.currency": _text("Currency, ISO 4217", lambda d: d.currency),
    "document.net": _sum("Total without VAT", lambda d: d.net),
    "document.vat": _sum("VAT in total", lambda d: d.vat),
    "document.gross": _sum("Total with VAT", lambda d: d.gross),
    "document.workorders": _text("Numbers of the work orders", lambda d: ", ".join(d.workorder_numbers)),
    "document.text": _text("Free text, references and work orders, in the payer's language", texts.introduction),
    "document.reverse_charge": _text("The statement of reverse charge, if it applies", texts.reverse_charge_statement),
    "document.reverses": _text(
        "Key of the document that this credit takes back", lambda d: d.reverses.key if d.reverses else None
    ),
    "payer.number": _text("Customer number", lambda d: d.payer.number),
    "payer.name": _text("Customer's name", lambda d: d.payer.name),
    "payer.kind": _text("company, private, housing_company, public or internal", lambda d: d.payer.kind),
    "payer.business_id": _text("Business ID", lambda d: d.payer.business_id),
    "payer.vat_number": _text("VAT number", lambda d: d.payer.vat_number),
    "payer.street": _text("Street of the billing address", lambda d: d.payer.address.street),
    "payer.postal_code": _text("Postal code", lambda d: d.payer.address.postal_code),
    "payer.city": _text("Post office", lambda d: d.payer.address.city),
    "payer.country": _text("Country, ISO 3166-1", lambda d: d.payer.address.country),
    "payer.email": _text("E-mail address", lambda d: d.payer.email),
    "payer.language": _text("Language of the invoice: fi, sv or en", lambda d: d.payer.language),
    "payer.channel": _text("einvoice, email, letter or none", lambda d: d.payer.invoice_channel),
    "payer.einvoice_address": _text("E-invoice address", lambda d: d.payer.einvoice_address),
    "payer.einvoice_operator": _text("E-invoice operator", lambda d: d.payer.einvoice_operator),
    "payer.term_days": Field(
        Kind.NUMBER, "Payment term in days", lambda d, _line: Decimal(d.payer.payment_term_days), usual="0"
    ),
    **dict(
        (
            _reference("order_number", "Customer's order number"),
            _reference("cost_centre", "Customer's cost centre"),
            _reference("work_number", "Customer's job number"),
            _reference("contract", "Contract"),
            _reference("orderer", "Who ordered"),
        )
    ),
    "line.position": _line(Kind.NUMBER, "1, 2, 3 … in the document", lambda x: Decimal(x.position), "0"),
    "line.product_code": _line(Kind.TEXT, "Product code", lambda x: x.product_code),
    "line.product_kind": _line(Kind.TEXT, "labour, material, travel …", lambda x: x.product_kind),
    "line.text": _line(Kind.TEXT, "What was done or delivered", lambda x: x.text),
    "line.quantity": _line(Kind.NUMBER, "Quantity, up to three decimals", lambda x: x.quantity, "General"),
    "line.unit": _line(Kind.TEXT, "Unit of the quantity", lambda x: x.unit),
    "line.unit_price": _line(Kind.NUMBER, "Price of one unit without VAT", lambda x: x.unit_price, "0.00##"),
    "line.discount_percent": _line(Kind.NUMBER, "Discount in percent", lambda x: x.discount_percent, "General"),
    "line.vat_category": _line(Kind.TEXT, "S, AE or Z (UNCL5305)", lambda x: x.vat_category),
    "line.vat_rate_percent": _line(Kind.NUMBER, "VAT rate in percent", lambda x: x.vat_rate_percent, "General"),
    "line.unit_price_gross": _line(
        Kind.NUMBER,
        "Price of one unit with VAT, as private persons are charged",
        lambda x: x.unit_price_gross,
        "0.00##",
    ),
    "line.performed_from": _line(Kind.DATE, "First day of its work", lambda x: x.performed_from, "yyyy-mm-dd"),
    "line.performed_to": _line(Kind.DATE, "Last day of its work", lambda x: x.performed_to, "yyyy-mm-dd"),
    "line.site": _line(Kind.TEXT, "The site of its orders", lambda x: x.site_name),
    "line.cost_centre": _line(Kind.TEXT, "Cost centre of its orders", lambda x: x.cost_centre),
    "line.net": _line(Kind.NUMBER, "Line without VAT", lambda x: x.net, "0.00", lambda d: d.net),
    "line.vat": _line(Kind.NUMBER, "The line's part of the VAT", lambda x: x.vat_share, "0.00", lambda d: d.vat),
    "line.gross": _line(Kind.NUMBER, "Line with VAT", lambda x: x.net + x.vat_share, "0.00", lambda d: d.gross),
}
"""By the name that a column's setting uses."""

NUMBER_FORMATS = ("0", "0.00", "0.000", "0.0000", "0.00##", "General")
DATE_FORMATS = ("yyyy-mm-dd", "d.m.yyyy", "dd.mm.yyyy")
FORMATS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("text",),
    Kind.NUMBER: (*NUMBER_FORMATS, "text"),
    Kind.DATE: (*DATE_FORMATS, "text"),
}
"""What a column of each kind may be shown as. They are Excel's format codes; "text" stores the value as text."""
