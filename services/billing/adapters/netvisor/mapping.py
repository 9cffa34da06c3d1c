"""Our documents, customers and products as Netvisor's XML. Pure: values in, bytes out.

Source: netvisor interface sheet §7–§10. Children stand in schema order, empty elements are left out,
decimals have a comma.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from lxml import etree

from services.billing.adapters import texts
from services.billing.domain.document import Document, DocumentLine, Party
from services.billing.domain.outcomes import Rejected
from services.billing.domain.preflight import Problem, blocks

STATUS_OF_TYPE = {"invoice": "unsent", "order": "delivered", "invoicedraft": ""}
"""What we ask for.

Netvisor is to send the invoice, the order's work is done, a draft has no status (sheet §10.1).
"""

DEFAULT_VAT_CODES = {"S": "KOMY", "AE": "RAMY", "Z": "NONE"}

_NAME, _FREE_TEXT, _LINE_TEXT, _REFERENCE, _AGREEMENT, _PRODUCT_NAME, _CODE = 250, 500, 500, 200, 35, 200, 50
"""Limits in characters.

35, 500 (line) and 50 (code) from the sheet, the others our own caution (no source has them).
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's choices that shape the XML.

    vat_codes           VAT category, or "category/rate" such as "S/13.5", → Netvisor's VAT code; the
                        longer key wins
    product_name_limit  characters of a line's name; sources say 50 (older) or 200; the rest goes into the
                        line's free text
    """

    invoice_type: str = "invoice"
    vat_codes: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_VAT_CODES))
    product_group: str = "Urakka"
    product_name_limit: int = 50


def vat_code(line: DocumentLine, rules: Rules) -> str | None:
    """Netvisor's VAT code for a line, None if the settings have none."""
    rate = plain(line.vat_rate_percent).replace(",", ".")
    return rules.vat_codes.get(f"{line.vat_category}/{rate}") or rules.vat_codes.get(line.vat_category)


def objection(document: Document, rules: Rules) -> Rejected | None:
    """What makes the document impossible in Netvisor, found before anything is sent; None if nothing does."""
    return next(objections(document, rules), None)


def objections(document: Document, rules: Rules) -> Iterator[Rejected]:
    """All reasons for `objection`."""
    if not document.payer.number.strip():
        yield Rejected("netvisor.customer_number_missing", "The payer has no customer number.", "/payer/number")
    if not document.lines:
        yield Rejected("netvisor.no_lines", "The document has no lines.", "/lines")
    for index, line in enumerate(document.lines):
        yield from _line_objections(document, index, line, rules)


def _line_objections(document: Document, index: int, line: DocumentLine, rules: Rules) -> Iterator[Rejected]:
    if not line.product_code.strip() or len(line.product_code.strip()) > _CODE:
        detail = (
            f"Netvisor needs a product code of 1–{_CODE} characters; line {line.position} has “{line.product_code}”."
        )
        yield Rejected("netvisor.product_code", detail, f"/lines/{index}/product_code")
    if vat_code(line, rules) is None:
        detail = (
            f"Line {line.position}: the connection's settings name no Netvisor VAT code for category "
            f"{line.vat_category} at {plain(line.vat_rate_percent)} %."
        )
        yield Rejected("netvisor.vat_code_missing", detail, f"/lines/{index}/vat_category")
    if texts.is_reverse_charge(line) and texts.buyer_vat_id(document) is None:
        detail = "Reverse charge needs the buyer's VAT number or business ID."
        yield Rejected("netvisor.vat_number_missing", detail, "/payer/vat_number")


def preflight(document: Document, rules: Rules) -> Iterator[Problem]:
    """Everything that Netvisor is known to refuse or that we would shorten (sheet §5, §10; domain sheet §5)."""
    yield from blocks(objections(document, rules))
    address = document.payer.address
    if not re.fullmatch(r"[A-Za-z]{2}", address.country):
        yield Problem("netvisor.country", f"“{address.country}” is no country code.", "/payer/address/country")
    code = texts.clean(address.postal_code)
    if code and address.country.upper() == "FI" and not re.fullmatch(r"\d{5}", code):
        yield Problem("netvisor.postal_code", f"“{code}” is no Finnish postal code.", "/payer/address/postal_code")
    if document.due_date < document.document_date:
        yield Problem("netvisor.due_date", "The due date is before the document date.", "/due_date")
    yield from texts.too_long("netvisor.text_too_long", _lengths(document))


def _lengths(document: Document) -> Iterator[tuple[str, str, int]]:
    """(pointer, text as it would be sent, limit) of everything that is cut."""
    payer, references = document.payer, document.references
    yield "/payer/name", payer.name, _NAME
    yield "/payer/address/street", payer.address.street, _NAME
    yield "/payer/address/city", payer.address.city, _NAME
    yield "/text_before", texts.introduction(document), _FREE_TEXT
    yield "/references/contract", references.get("contract", ""), _AGREEMENT
    theirs = "order_number" if references.get("order_number") else "orderer"
    yield f"/references/{theirs}", references.get(theirs, ""), _REFERENCE
    for index, line in enumerate(document.lines):
        yield f"/lines/{index}/text", line.text, _LINE_TEXT
        yield f"/lines/{index}/unit", line.unit, _CODE


def invoice_xml(document: Document, rules: Rules, customer_id: str, product_ids: Mapping[str, str]) -> bytes:
    """The body of salesinvoice.nv?method=add.

    product_ids  our product code → Netvisor key, for every line.
    Both VAT and gross sum of each line are sent, because Netvisor uses them only together, and the exact
    total: so its totals are ours whatever way it rounds (sheet §10.3). Our key stands in the private
    comment, which salesinvoicelist returns.
    """
    root = etree.Element("root")
    invoice = etree.SubElement(root, "salesinvoice")
    _head(invoice, document, rules)
    _payer(invoice, document.payer, customer_id)
    if all(texts.is_reverse_charge(line) for line in document.lines):
        _add(invoice, "salesinvoicetaxhandlingtype", "domesticconstructionservice")
    _add(
        invoice,
        "salesinvoiceagreementidentifier",
        texts.cut(document.references.get("contract", ""), _AGREEMENT),
    )
    lines = etree.SubElement(invoice, "invoicelines")
    for line in document.lines:
        _line(lines, line, rules, product_ids[line.product_code])
    return _bytes(root)


def _head(invoice: etree._Element, document: Document, rules: Rules) -> None:
    _day(invoice, "salesinvoicedate", document.document_date)
    _day(invoice, "salesinvoiceduedate", document.due_date)
    if document.performed_on is not None:
        _day(invoice, "salesinvoicedeliverydate", document.performed_on)
    _always(invoice, "salesinvoiceamount", amount(document.gross), iso4217currencycode=document.currency)
    _add(invoice, "invoicetype", rules.invoice_type)
    _always(invoice, "salesinvoicestatus", STATUS_OF_TYPE[rules.invoice_type], type="netvisor")
    _add(invoice, "salesinvoicefreetextbeforelines", texts.cut(texts.introduction(document), _FREE_TEXT))
    _add(
        invoice,
        "salesinvoicefreetextafterlines",
        texts.cut(texts.reverse_charge_statement(document), _FREE_TEXT),
    )
    _add(invoice, "salesinvoiceourreference", texts.cut(", ".join(document.workorder_numbers), _REFERENCE))
    theirs = document.references.get("order_number") or document.references.get("orderer") or ""
    _add(invoice, "salesinvoiceyourreference", texts.cut(theirs, _REFERENCE))
    _add(invoice, "salesinvoiceprivatecomment", document.key)


def _payer(invoice: etree._Element, payer: Party, customer_id: str) -> None:
    _always(invoice, "invoicingcustomeridentifier", customer_id, type="netvisor")
    _add(invoice, "invoicingcustomername", texts.cut(payer.name, _NAME))
    _add(invoice, "invoicingcustomeraddressline", texts.cut(payer.address.street, _NAME))
    _add(invoice, "invoicingcustomerpostnumber", texts.clean(payer.address.postal_code))
    _add(invoice, "invoicingcustomertown", texts.cut(payer.address.city, _NAME))
    _add(invoice, "invoicingcustomercountrycode", payer.address.country.upper(), type="ISO-3166")


def _line(lines: etree._Element, line: DocumentLine, rules: Rules, product_id: str) -> None:
    product = etree.SubElement(etree.SubElement(lines, "invoiceline"), "salesinvoiceproductline")
    text = texts.clean(line.text) or line.product_code
    name = texts.cut(text.replace("\n", " "), rules.product_name_limit)
    _always(product, "productidentifier", product_id, type="netvisor")
    _always(product, "productname", name)
    _always(product, "productunitprice", plain(line.unit_price, places=2), type="net")
    _always(product, "productvatpercentage", plain(line.vat_rate_percent), vatcode=vat_code(line, rules) or "")
    _always(product, "salesinvoiceproductlinequantity", plain(line.quantity))
    if line.discount_percent:
        _always(product, "salesinvoiceproductlinediscountpercentage", plain(line.discount_percent))
    if name != text:
        _add(product, "salesinvoiceproductlinefreetext", texts.cut(text, _LINE_TEXT))
    _always(product, "salesinvoiceproductlinevatsum", amount(line.vat_share))
    _always(product, "salesinvoiceproductlinesum", amount(line.net + line.vat_share))
    _add(product, "productunitname", texts.cut(line.unit, _CODE))


def customer_xml(payer: Party) -> bytes:
    """The body of customer.nv?method=add."""
    root = etree.Element("root")
    customer = etree.SubElement(root, "customer")
    base = etree.SubElement(customer, "customerbaseinformation")
    _always(base, "internalidentifier", payer.number.strip())
    _add(base, "externalidentifier", texts.clean(payer.business_id or ""))
    _always(base, "name", texts.cut(payer.name, _NAME))
    _add(base, "streetaddress", texts.cut(payer.address.street, _NAME))
    _add(base, "city", texts.cut(payer.address.city, _NAME))
    _add(base, "postnumber", texts.clean(payer.address.postal_code))
    _add(base, "country", payer.address.country.upper(), type="ISO-3166")
    _add(base, "email", texts.clean(payer.email or ""))
    _add(base, "isactive", "1")
    _add(base, "isprivatecustomer", "1" if payer.kind == "private" else "0")
    if payer.invoice_channel == "email":
        _add(base, "emailinvoicingaddress", texts.clean(payer.email or ""))
    if payer.einvoice_address and payer.einvoice_operator:
        finvoice = etree.SubElement(customer, "customerfinvoicedetails")
        _add(finvoice, "finvoiceaddress", texts.clean(payer.einvoice_address))
        _add(finvoice, "finvoiceroutercode", texts.clean(payer.einvoice_operator))
    return _bytes(root)


def product_xml(line: DocumentLine, rules: Rules) -> bytes:
    """The body of product.nv?method=add, for the product of a line (its text, unit, price and VAT rate)."""
    root = etree.Element("root")
    product = etree.SubElement(root, "product")
    base = etree.SubElement(product, "productbaseinformation")
    _always(base, "productcode", line.product_code.strip())
    _always(base, "productgroup", rules.product_group)
    _always(base, "name", texts.cut(line.text.split("\n")[0], _PRODUCT_NAME) or line.product_code.strip())
    _always(base, "unitprice", plain(line.unit_price, places=2), type="net")
    _add(base, "unit", texts.cut(line.unit, _CODE))
    _always(base, "isactive", "1")
    _always(base, "issalesproduct", "1")
    details = etree.SubElement(product, "productbookkeepingdetails")
    _always(details, "defaultvatpercentage", plain(line.vat_rate_percent))
    return _bytes(root)


def amount(value: Decimal) -> str:
    """Two decimals and a comma: "-12,50". Raises ValueError if that would lose cents.

    Rounding is not done here.
    """
    if value != value.quantize(Decimal("0.01")):
        raise ValueError("an amount with more than two decimals")
    return f"{value:.2f}".replace(".", ",")


def plain(value: Decimal, places: int = 0) -> str:
    """Without exponent and trailing zeros, but with at least `places` decimals: "25,5", "1,452", "57,75"."""
    whole, _, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole},{decimals}" if decimals else whole


def read_decimal(text: str) -> Decimal | None:
    """A number of an answer, with comma or dot; None if it is none."""
    compact = "".join(text.split()).replace(",", ".")
    try:
        value = Decimal(compact)
    except ArithmeticError:
        return None
    return value if value.is_finite() else None


def _day(parent: etree._Element, name: str, day: date) -> None:
    _always(parent, name, day.isoformat(), format="ansi")


def _add(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    if text:
        _always(parent, name, text, **attributes)


def _always(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None


def _bytes(root: etree._Element) -> bytes:
    # No XML declaration: the document must begin with its root element (sheet §1).
    return etree.tostring(root, encoding="utf-8", xml_declaration=False)
