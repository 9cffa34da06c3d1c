"""Our documents as Netvisor's XML, and what stands in the way of it. Pure: values in, bytes out.

Source: netvisor interface sheet §10. How it is written: `xml`; customers and products: `registers`.
"""

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.netvisor.attachments import attachments_element, unusable
from services.billing.adapters.netvisor.registers import LONGEST_CODE, LONGEST_NAME
from services.billing.adapters.netvisor.rules import STATUS_OF_TYPE, Rules, code_fits, product_code, vat_code
from services.billing.adapters.netvisor.xml import add, always, amount, body, day, plain
from services.billing.adapters.reaching import lacking
from services.billing.adapters.totals import odd_totals
from services.billing.domain.document import Delivery, Document, DocumentLine, Party
from services.billing.domain.outcomes import Rejected
from services.billing.domain.preflight import Problem, Severity, blocks

_FREE_TEXT, _LINE_TEXT, _REFERENCE, _AGREEMENT = 500, 500, 200, 35
"""Limits in characters.

35 and 500 (line) from the sheet, the others our own caution (no source has them).
"""


def objection(document: Document, rules: Rules) -> Rejected | None:
    """What makes the document impossible in Netvisor, found before anything is sent; None if nothing does."""
    return next(objections(document, rules), None)


def objections(document: Document, rules: Rules) -> Iterator[Rejected]:
    """All reasons for `objection`."""
    if not document.payer.number.strip():
        yield Rejected("netvisor.customer_number_missing", "The payer has no customer number.", "/payer/number")
    if not texts.clean(document.payer.name):
        yield Rejected("netvisor.customer_name_missing", "The payer has no name.", "/payer/name")
    if not document.lines:
        yield Rejected("netvisor.no_lines", "The document has no lines.", "/lines")
    for index, line in enumerate(document.lines):
        yield from _line_objections(document, index, line, rules)
    for index, attachment in enumerate(document.attachments):
        if unusable(attachment):
            detail = f"Netvisor takes PDF files; “{attachment.name}” cannot be made one."
            yield Rejected("netvisor.attachment_type", detail, f"/attachments/{index}")


def _line_objections(document: Document, index: int, line: DocumentLine, rules: Rules) -> Iterator[Rejected]:
    product = product_code(line)
    if not product or len(product) > LONGEST_CODE:
        detail = f"Netvisor needs a product code of 1–{LONGEST_CODE} characters; line {line.position} has “{product}”."
        yield Rejected("netvisor.product_code", detail, f"/lines/{index}/product_code")
    code, rate = vat_code(line, rules), plain(line.vat_rate_percent)
    if code is None:
        detail = (
            f"Line {line.position}: the connection's settings name no Netvisor VAT code for category "
            f"{line.vat_category} at {rate} %."
        )
        yield Rejected("netvisor.vat_code_missing", detail, f"/lines/{index}/vat_category")
    elif not code_fits(code, line.vat_rate_percent):
        detail = f"Line {line.position}: Netvisor's VAT code {code} is for 0 %, the line has {rate} %."
        yield Rejected("netvisor.vat_code_rate", detail, f"/lines/{index}/vat_rate_percent")
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
    for kind, detail, pointer in lacking(document.payer, document.payer.invoice_channel):
        yield Problem(f"netvisor.{kind}", detail, pointer, Severity.WARNING)
    yield from odd_totals(document, "netvisor")
    yield from texts.too_long("netvisor.text_too_long", _lengths(document))


def _lengths(document: Document) -> Iterator[tuple[str, str, int]]:
    """(pointer, text as it would be sent, limit) of everything that is cut."""
    payer, references = document.payer, document.references
    yield "/payer/name", payer.name, LONGEST_NAME
    yield "/payer/address/street", payer.address.street, LONGEST_NAME
    yield "/payer/address/city", payer.address.city, LONGEST_NAME
    yield "/text_before", _before(document), _FREE_TEXT
    yield "/references/contract", references.get("contract", ""), _AGREEMENT
    theirs = "order_number" if references.get("order_number") else "orderer"
    yield f"/references/{theirs}", references.get(theirs, ""), _REFERENCE
    for index, line in enumerate(document.lines):
        yield f"/lines/{index}/text", line.text, _LINE_TEXT
        yield f"/lines/{index}/unit", line.unit, LONGEST_CODE


def _before(document: Document) -> str:
    """What stands above the lines. Netvisor has no field for the days of the work, only one for the last of them."""
    return "\n".join(filter(None, (texts.introduction(document), texts.period(document))))


def invoice_xml(document: Document, rules: Rules, customer_id: str, product_ids: Mapping[str, str]) -> bytes:
    """The body of salesinvoice.nv?method=add.

    product_ids  code of the product in Netvisor (`rules.product_code`) → Netvisor key, for every line.
    Both VAT and gross sum of each line are sent, because Netvisor uses them only together, and the exact
    total: so its totals are ours whatever way it rounds (sheet §10.3). Our key stands in the private
    comment, which salesinvoicelist returns.
    """
    root = etree.Element("root")
    invoice = etree.SubElement(root, "salesinvoice")
    _head(invoice, document, rules)
    _payer(invoice, document.payer, customer_id)
    _delivery(invoice, document.delivery)
    _terms(invoice, document, rules)
    lines = etree.SubElement(invoice, "invoicelines")
    for line in document.lines:
        _line(lines, document, line, rules, product_ids[product_code(line)])
    attachments_element(invoice, document.attachments, printed=rules.print_attachments)
    return body(root)


def _head(invoice: etree._Element, document: Document, rules: Rules) -> None:
    day(invoice, "salesinvoicedate", document.document_date)
    day(invoice, "salesinvoiceduedate", document.due_date)
    if document.performed_on is not None:
        day(invoice, "salesinvoicedeliverydate", document.performed_on)
    always(invoice, "salesinvoiceamount", amount(document.gross), iso4217currencycode=document.currency)
    add(invoice, "invoicetype", rules.invoice_type)
    always(invoice, "salesinvoicestatus", STATUS_OF_TYPE[rules.invoice_type], type="netvisor")
    add(invoice, "salesinvoicefreetextbeforelines", texts.cut(_before(document), _FREE_TEXT))
    add(invoice, "salesinvoicefreetextafterlines", texts.cut(texts.statements(document), _FREE_TEXT))
    add(invoice, "salesinvoiceourreference", texts.cut(", ".join(document.workorder_numbers), _REFERENCE))
    theirs = document.references.get("order_number") or document.references.get("orderer") or ""
    add(invoice, "salesinvoiceyourreference", texts.cut(theirs, _REFERENCE))
    add(invoice, "salesinvoiceprivatecomment", document.key)


def _payer(invoice: etree._Element, payer: Party, customer_id: str) -> None:
    always(invoice, "invoicingcustomeridentifier", customer_id, type="netvisor")
    add(invoice, "invoicingcustomername", texts.cut(payer.name, LONGEST_NAME))
    add(invoice, "invoicingcustomeraddressline", texts.cut(payer.address.street, LONGEST_NAME))
    add(invoice, "invoicingcustomerpostnumber", texts.clean(payer.address.postal_code))
    add(invoice, "invoicingcustomertown", texts.cut(payer.address.city, LONGEST_NAME))
    add(invoice, "invoicingcustomercountrycode", payer.address.country.upper(), type="ISO-3166")


def _delivery(invoice: etree._Element, delivery: Delivery | None) -> None:
    """Where the work was done."""
    if delivery is None:
        return
    add(invoice, "deliveryaddressname", texts.cut(delivery.site_name, LONGEST_NAME))
    if delivery.address is not None:
        add(invoice, "deliveryaddressline", texts.cut(delivery.address.street, LONGEST_NAME))
        add(invoice, "deliveryaddresspostnumber", texts.clean(delivery.address.postal_code))
        add(invoice, "deliveryaddresstown", texts.cut(delivery.address.city, LONGEST_NAME))
        add(invoice, "deliveryaddresscountrycode", delivery.address.country.upper(), type="ISO-3166")


def _terms(invoice: etree._Element, document: Document, rules: Rules) -> None:
    references = document.references
    if all(texts.is_reverse_charge(line) for line in document.lines):
        add(invoice, "salesinvoicetaxhandlingtype", "domesticconstructionservice")
    else:
        add(invoice, "salesinvoicetaxhandlingtype", rules.tax_handling)
    # The same day as the due date, so that it does not matter which of them decides; this one is printed as a term.
    always(invoice, "paymenttermnetdays", str(max((document.due_date - document.document_date).days, 0)))
    add(invoice, "salesinvoiceagreementidentifier", texts.cut(references.get("contract", ""), _AGREEMENT))
    if rules.newer_elements:
        if document.payer.late_interest_percent is not None:
            always(invoice, "overriderateofoverdue", plain(document.payer.late_interest_percent))
        add(invoice, "ordernumber", texts.cut(references.get("order_number", ""), _REFERENCE))
        add(invoice, "accountdimensiontext", texts.cut(references.get("cost_centre", ""), _REFERENCE))


def _line(lines: etree._Element, document: Document, line: DocumentLine, rules: Rules, product_id: str) -> None:
    product = etree.SubElement(etree.SubElement(lines, "invoiceline"), "salesinvoiceproductline")
    text = texts.clean(line.text) or line.product_code
    name = texts.cut(text.replace("\n", " "), rules.product_name_limit)
    price, kind = (line.unit_price_gross, "gross") if document.prices_include_vat else (line.unit_price, "net")
    always(product, "productidentifier", product_id, type="netvisor")
    always(product, "productname", name)
    always(product, "productunitprice", plain(price, places=2), type=kind)
    always(product, "productvatpercentage", plain(line.vat_rate_percent), vatcode=vat_code(line, rules) or "")
    always(product, "salesinvoiceproductlinequantity", plain(line.quantity))
    if line.discount_percent:
        always(product, "salesinvoiceproductlinediscountpercentage", plain(line.discount_percent))
    if name != text:
        add(product, "salesinvoiceproductlinefreetext", texts.cut(text, _LINE_TEXT))
    always(product, "salesinvoiceproductlinevatsum", amount(line.vat_share))
    always(product, "salesinvoiceproductlinesum", amount(line.gross))
    add(product, "accountingaccountsuggestion", rules.sales_accounts.get(line.product_kind, ""))
    for source, dimension in rules.dimensions.items():
        item = line.site_name if source == "site" else line.dimensions.get(source)
        _dimension(product, dimension, item or "")
    add(product, "productunitname", texts.cut(line.unit, LONGEST_CODE))
    if not rules.newer_elements:
        return
    if line.performed_to is not None:
        day(product, "deliverydate", line.performed_to)
    if not document.references.get("cost_centre"):
        add(product, "accountdimensiontext", texts.cut(line.cost_centre or "", _REFERENCE))


def _dimension(product: etree._Element, name: str, item: str) -> None:
    if item := texts.clean(item):
        dimension = etree.SubElement(product, "dimension")
        always(dimension, "dimensionname", name)
        always(dimension, "dimensionitem", texts.cut(item, LONGEST_NAME))
