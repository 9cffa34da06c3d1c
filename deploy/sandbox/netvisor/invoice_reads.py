"""getsalesinvoice.nv, getorder.nv and salesinvoicelist.nv. Source: netvisor sheet 10.5."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from flask import Response
from lxml import etree

from ..amounts import ZERO, plain, with_comma
from .call import Call
from .envelope import child, invalid, succeeded
from .records import Invoice, ProductLine

MOST_ROWS = 500
MOST_KEYS = 500
_YES_NO = {"FI": ("Kyllä", "Ei"), "SE": ("Ja", "Nej"), "EN": ("Yes", "No")}
_BY_SUBSTATUS = ("overdue", "reminded", "requested", "collected")
STATUS_FILTERS = ("open", "paid", "unsent", "creditloss", "rejected", *_BY_SUBSTATUS)


def get_invoice(call: Call) -> Response:
    """getsalesinvoice.nv: an invoice or draft; unknown: OK with an empty SalesInvoice."""
    return _get(call, ("invoice", "invoicedraft"))


def get_order(call: Call) -> Response:
    """getorder.nv: the same for orders."""
    return _get(call, ("order",))


def list_invoices(call: Call) -> Response:
    """salesinvoicelist.nv: at most 500 rows by rising key; drafts have no number and are left out (our choice)."""
    wanted = call.param("invoicestatus").lower()
    if wanted and wanted not in STATUS_FILTERS:
        raise invalid(f"Parameter invoicestatus must be one of {', '.join(STATUS_FILTERS)}")
    listing = etree.Element("SalesInvoiceList")
    found = (invoice for invoice in _candidates(call) if _is_wanted(call, invoice, wanted))
    for invoice in islice(_filtered(call, found), MOST_ROWS):
        _append_row(call, listing, invoice)
    return succeeded(call.now, listing)


def _get(call: Call, kinds: tuple[str, ...]) -> Response:
    invoices = call.company.invoices
    if call.param("netvisorkeylist"):
        many = etree.Element("SalesInvoices")
        for key in call.keys_param("netvisorkeylist", MOST_KEYS):
            invoice = invoices.get(key)
            if invoice and not invoice.deleted and invoice.kind in kinds:
                many.append(_reply(call, invoice))
        return succeeded(call.now, many)
    invoice = invoices.get(call.key_param("netvisorkey"))
    if invoice is None or invoice.deleted or invoice.kind not in kinds:
        return succeeded(call.now, etree.Element("SalesInvoice"))
    return succeeded(call.now, _reply(call, invoice))


def _candidates(call: Call) -> Iterator[Invoice]:
    """Undeleted invoices by rising key, from the narrowest index that fits the filters."""
    company = call.company
    above = call.key_param("invoicesabovenetvisorkey") if call.param("invoicesabovenetvisorkey") else 0
    keys: Iterable[int]
    if call.param("customernetvisorkey") or call.param("customercode"):
        keys = sorted(company.customer_invoices.get(_customer_key(call), []))
    elif call.param("invoicenumber"):
        number = call.param("invoicenumber")
        numbers = company.invoice_numbers
        keys = sorted(key for series in company.series for key in numbers.get((series, number), []))
    else:
        every = list(company.invoices)
        keys = islice(every, bisect_right(every, above), None)
    return (company.invoices[key] for key in keys if key > above and not company.invoices[key].deleted)


def _customer_key(call: Call) -> int:
    if call.param("customernetvisorkey"):
        return call.key_param("customernetvisorkey")
    return call.company.customer_codes.get(call.param("customercode").lower(), 0)


def _is_wanted(call: Call, invoice: Invoice, status: str) -> bool:
    kind = "order" if call.param("listtype").lower() == "preinvoice" else "invoice"
    if invoice.kind != kind:
        return False
    if status in _BY_SUBSTATUS:
        return invoice.status == "open" and invoice.substatus_on(call.today) == status
    return not status or invoice.status == status


def _filtered(call: Call, invoices: Iterator[Invoice]) -> Iterator[Invoice]:
    begin, end = call.date_param("begininvoicedate"), call.date_param("endinvoicedate")
    since, until = call.time_param("lastmodifiedstart"), call.time_param("lastmodifiedend")
    number = call.param("invoicenumber")
    customer = _customer_key(call) if call.param("customernetvisorkey") or call.param("customercode") else None
    name, country = call.param("secondname").lower(), call.param("invoicingcustomercountrycode").lower()
    for invoice in invoices:
        if (
            (begin and invoice.issued_on < begin)
            or (end and invoice.issued_on > end)
            or (since and invoice.changed_at < since)
            or (until and invoice.changed_at > until)
            or (number and invoice.number != number)
            or (customer is not None and invoice.customer_key != customer)
            or (name and invoice.document.value("secondname").lower() != name)
            or (country and _party(call, invoice, "countrycode").lower() != country)
        ):
            continue
        yield invoice


def _append_row(call: Call, listing: etree._Element, invoice: Invoice) -> None:
    customer = call.company.customers[invoice.customer_key]
    row = child(listing, "SalesInvoice")
    child(row, "NetvisorKey", str(invoice.key))
    child(row, "InvoiceNumber", invoice.number)
    child(row, "Invoicedate", invoice.issued_on.isoformat(), format="ansi")
    child(row, "InvoiceDueDate", invoice.due_on.isoformat(), format="ansi")
    attributes = {}
    if invoice.status == "open":
        attributes = {"substatus": invoice.substatus_on(call.today), "isincollection": "0"}
    child(row, "InvoiceStatus", invoice.status, **attributes)
    child(row, "CustomerNetvisorKey", str(customer.key))
    child(row, "CustomerCode", customer.text("customerbaseinformation", "internalidentifier"))
    child(row, "CustomerName", _party(call, invoice, "name"))
    child(row, "ReferenceNumber", invoice.reference)
    child(row, "InvoiceSum", with_comma(invoice.amount, 2))
    child(row, "OpenSum", with_comma(invoice.open_sum, 2))
    resource = "getorder" if invoice.kind == "order" else "getsalesinvoice"
    child(row, "Uri", f"{call.base_url}/{resource}.nv?netvisorkey={invoice.key}")
    _append_additional(call, row, invoice)


def _append_additional(call: Call, row: etree._Element, invoice: Invoice) -> None:
    """replyoption: 1 the private comment, 2 the sums in the invoice's currency, 3 both."""
    option = call.key_param("replyoption") if call.param("replyoption") else 0
    if not option & 3:
        return
    extra = child(row, "AdditionalInformation")
    if option & 1:
        child(extra, "PrivateComment", invoice.document.value("salesinvoiceprivatecomment"))
    if option & 2:
        currency = {"currencycode": invoice.currency, "type": "ISO-4217"}
        child(extra, "InvoiceCurrencySum", with_comma(invoice.amount, 2), **currency)
        child(extra, "OpenCurrencySum", with_comma(invoice.open_sum, 2), **currency)


_PARTY_SOURCES = {
    "name": "name",
    "nameextension": "nameextension",
    "addressline": "streetaddress",
    "additionaladdressline": "additionaladdressline",
    "postnumber": "postnumber",
    "town": "city",
    "countrycode": "country",
}


def _party(call: Call, invoice: Invoice, part: str) -> str:
    """A part of the invoiced party; from the register only when the invoice gave none of the parts (sheet 10.1)."""
    document = invoice.document
    if any(document.value(f"invoicingcustomer{name}") for name in _PARTY_SOURCES):
        return document.value(f"invoicingcustomer{part}")
    record = call.company.customers[invoice.customer_key]
    return record.text("customerbaseinformation", _PARTY_SOURCES[part])


def _append_date(parent: etree._Element, name: str, day: str) -> None:
    child(parent, name, day, format="ansi")


def _reply(call: Call, invoice: Invoice) -> etree._Element:
    reply = etree.Element("SalesInvoice")
    _append_head(reply, invoice)
    _append_texts(reply, invoice)
    _append_parties(call, reply, invoice)
    _append_terms(call, reply, invoice)
    rows = child(child(reply, "InvoiceLines"), "InvoiceLine")
    for line in invoice.lines:
        _append_line(rows, line)
    if call.param("showcommentlines") == "1":
        for comment in invoice.comments:
            child(child(rows, "SalesInvoiceCommentLine"), "Comment", comment)
    if call.param("includeattachments") == "1":
        _append_attachments(reply, invoice)
    return reply


def _append_attachments(reply: etree._Element, invoice: Invoice) -> None:
    given = invoice.document.first("salesinvoiceattachments")
    if given is None:
        return
    holder = child(reply, "SalesInvoiceAttachments")
    for node in given.every("salesinvoiceattachment"):
        row = child(holder, "SalesInvoiceAttachment")
        for name in ("MimeType", "AttachmentDescription", "FileName", "DocumentData"):
            child(row, name, node.value(name.lower()))


def _append_head(reply: etree._Element, invoice: Invoice) -> None:
    document = invoice.document
    issued_on = invoice.issued_on.isoformat()
    child(reply, "SalesInvoiceNetvisorKey", str(invoice.key))
    child(reply, "SalesInvoiceNumber", invoice.number)
    _append_date(reply, "SalesInvoiceDate", issued_on)
    _append_date(reply, "SalesInvoiceEventDate", _given_day(invoice, "salesinvoiceeventdate") or issued_on)
    _append_date(reply, "SalesInvoiceDueDate", invoice.due_on.isoformat())
    _append_date(reply, "SalesInvoiceValueDate", _given_day(invoice, "salesinvoicevaluedate") or issued_on)
    _append_date(reply, "SalesInvoiceDeliveryDate", _given_day(invoice, "salesinvoicedeliverydate") or issued_on)
    child(reply, "SalesInvoiceReferencenumber", invoice.reference)
    amount = document.first("salesinvoiceamount")
    rate = amount.attribute("currencyrate", "1") if amount else "1"
    child(
        reply,
        "SalesInvoiceAmount",
        with_comma(invoice.amount, 2),
        iso4217currencycode=invoice.currency,
        currencyrate=rate,
    )
    child(reply, "SellerIdentifier", document.value("sellername"), type="name")
    status = invoice.status or "draft"
    child(reply, "InvoiceStatus", status.capitalize(), status=status)


def _given_day(invoice: Invoice, name: str) -> str:
    text = invoice.document.value(name)
    if not text:
        return ""
    return date(*(int(part) for part in text.split("-"))).isoformat()


def _append_texts(reply: etree._Element, invoice: Invoice) -> None:
    for name in (
        "SalesInvoiceFreeTextBeforeLines",
        "SalesInvoiceFreeTextAfterLines",
        "SalesInvoiceOurReference",
        "SalesInvoiceYourReference",
        "SalesInvoicePrivateComment",
        "SalesInvoiceAgreementIdentifier",
    ):
        child(reply, name, invoice.document.value(name.lower()))


def _append_parties(call: Call, reply: etree._Element, invoice: Invoice) -> None:
    customer = call.company.customers[invoice.customer_key]
    child(reply, "InvoicingCustomerCode", customer.text("customerbaseinformation", "internalidentifier"))
    child(reply, "InvoicingCustomerName", _party(call, invoice, "name"))
    child(reply, "InvoicingCustomerNameExtension", _party(call, invoice, "nameextension"))
    child(reply, "InvoicingCustomerNetvisorKey", str(customer.key))
    child(
        reply,
        "InvoicingCustomerOrganizationIdentifier",
        customer.text("customerbaseinformation", "externalidentifier"),
    )
    child(reply, "InvoicingCustomerAddressline", _party(call, invoice, "addressline"))
    child(reply, "InvoicingCustomerAdditionalAddressLine", _party(call, invoice, "additionaladdressline"))
    child(reply, "InvoicingCustomerPostnumber", _party(call, invoice, "postnumber"))
    child(reply, "InvoicingCustomerTown", _party(call, invoice, "town"))
    code = _party(call, invoice, "countrycode").upper() or "FI"
    child(reply, "InvoicingCustomerCountryCode", "Finland" if code == "FI" else code, **{"ISO-3166": code})
    expects = invoice.document.value("expectpartialpayments") == "1"
    child(reply, "MatchPartialPaymentsByDefault", _YES_NO[call.language][0 if expects else 1])
    for name in ("Name", "Line", "Postnumber", "Town", "CountryCode"):
        child(reply, f"DeliveryAddress{name}", invoice.document.value(f"deliveryaddress{name.lower()}"))


def _append_terms(call: Call, reply: etree._Element, invoice: Invoice) -> None:
    document = invoice.document
    for name in ("DeliveryMethod", "DeliveryTerm", "PaymentTermNetDays", "PaymentTermCashDiscountDays"):
        child(reply, name, document.value(name.lower()))
    child(reply, "PaymentTermCashDiscount", document.value("paymenttermcashdiscount"), type="percentage")
    child(reply, "TaxHandlingType", document.value("salesinvoicetaxhandlingtype"))
    if call.param("replyoption").isdecimal() and int(call.param("replyoption")) & 32:
        matched = child(reply, "MatchedInvoices")
        for key in invoice.matched:
            child(matched, "NetvisorKey", str(key))


def _append_line(rows: etree._Element, line: ProductLine) -> None:
    reply = child(rows, "SalesInvoiceProductLine")
    child(reply, "ProductIdentifier", line.product_code, type="customer")
    child(reply, "ProductName", line.name)
    child(reply, "ProductNetvisorKey", str(line.product_key))
    child(reply, "ProductUnitPrice", with_comma(line.unit_price, 4))
    child(reply, "ProductPurchasePrice", with_comma(ZERO, 4))
    child(reply, "ProductVatPercentage", plain(line.vat_percent).replace(".", ","), vatcode=line.vat_code)
    child(reply, "SalesInvoiceProductLineQuantity", plain(line.quantity).replace(".", ","))
    child(reply, "SalesInvoiceProductLineUnit", line.unit)
    child(reply, "SalesInvoiceProductLineDiscountPercentage", plain(line.discount_percent).replace(".", ","))
    child(reply, "SalesInvoiceProductLineFreeText", line.free_text)
    child(reply, "SalesInvoiceProductLineVatSum", with_comma(line.sums.vat, 2))
    child(reply, "SalesInvoiceProductLineSum", with_comma(line.sums.gross, 2))
    child(reply, "AccountingAccountSuggestion", line.account)
    for name, item in line.dimensions:
        dimension = child(reply, "Dimension")
        child(dimension, "DimensionName", name)
        child(dimension, "DimensionItem", item)
    child(reply, "ProvisionPercentage", with_comma(ZERO, 2))
