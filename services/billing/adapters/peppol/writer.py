"""Peppol BIS Billing 3.0: an invoice as UBL 2.1 Invoice (380) or CreditNote (381), in the order of the schema.

Source: finnish-billing sheet §10 (element map) and §11 (credit notes: positive amounts, the document type credits).

A line's discount stands in its price (gross price, discount, net price): the net price is exact whatever its
decimals, positive on every line, and line net = round₂(quantity × net price) is then just our own rule, which line
allowances would only meet after rounding (Peppol R120), and with negative amounts on returned material.
"""

import base64
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from services.billing.adapters import texts
from services.billing.adapters.einvoice import xml
from services.billing.adapters.einvoice.fitting import Fitter
from services.billing.adapters.einvoice.format import Written
from services.billing.adapters.einvoice.invoice import Invoice, InvoiceLine, VatGroup
from services.billing.adapters.einvoice.words import Words, number, plain, words
from services.billing.adapters.einvoice.xml import Branch
from services.billing.domain.document import Address, Period
from shared.finland import is_business_id

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC, CBC = f"{_UBL}CommonAggregateComponents-2", f"{_UBL}CommonBasicComponents-2"
PREFIXES = {"cac": CAC, "cbc": CBC}
CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_OVT, _BUSINESS_ID = "0216", "0212"
_PROJECT = "50"
_NAME = 100


def write(invoice: Invoice) -> Written:
    """The file, in UTF-8."""
    fitter = Fitter("utf-8")
    kind = "CreditNote" if invoice.is_credit else "Invoice"
    namespace = f"{_UBL}{kind}-2"
    spaces: Any = {None: namespace, **PREFIXES}  # the stubs know no default namespace
    root = etree.Element(f"{{{namespace}}}{kind}", nsmap=spaces)
    top = Branch(root, PREFIXES)
    _head(top, invoice)
    _references(top, invoice)
    _supplier(top.at("cac:AccountingSupplierParty/cac:Party"), invoice)
    _customer(top.at("cac:AccountingCustomerParty/cac:Party"), invoice)
    _delivery(top, invoice)
    _payment(top, invoice)
    _taxes(top.branch("cac:TaxTotal"), invoice)
    _totals(top.branch("cac:LegalMonetaryTotal"), invoice)
    for line in invoice.lines:
        _line(top.branch(f"cac:{kind}Line"), line, invoice, fitter)
    return Written(xml.serialised(root, "UTF-8"), tuple(fitter.notices))


def signed(value: Decimal, invoice_is_credit: bool) -> Decimal:
    """The amount as the file shows it: a credit note turns every sign. Its own inverse."""
    return -value if invoice_is_credit else value


def _head(top: Branch, invoice: Invoice) -> None:
    top.put("cbc:CustomizationID", CUSTOMIZATION)
    top.put("cbc:ProfileID", PROFILE)
    top.put("cbc:ID", invoice.number)
    top.put("cbc:IssueDate", invoice.dated.isoformat())
    if invoice.is_credit:
        top.put("cbc:CreditNoteTypeCode", "381")
    else:
        top.put("cbc:DueDate", invoice.payment.due_date.isoformat())
        top.put("cbc:InvoiceTypeCode", "380")
    top.put("cbc:Note", "\n".join(invoice.notes))
    top.put("cbc:DocumentCurrencyCode", invoice.currency)
    top.put("cbc:AccountingCost", invoice.cost_centre)
    top.put("cbc:BuyerReference", invoice.buyer_reference)


def _references(top: Branch, invoice: Invoice) -> None:
    _period(top, invoice.period)
    if invoice.order_number:
        order = top.branch("cac:OrderReference")
        order.put("cbc:ID", invoice.order_number)
        order.put("cbc:SalesOrderID", ", ".join(invoice.orders))
    if invoice.credited_number:
        original = top.at("cac:BillingReference/cac:InvoiceDocumentReference")
        original.put("cbc:ID", invoice.credited_number)
        original.put("cbc:IssueDate", _iso(invoice.credited_date))
    if invoice.contract:
        top.branch("cac:ContractDocumentReference").put("cbc:ID", invoice.contract)
    if invoice.project and invoice.is_credit:
        project = top.branch("cac:AdditionalDocumentReference")
        project.put("cbc:ID", invoice.project)
        project.put("cbc:DocumentTypeCode", _PROJECT)
    for attachment in invoice.attachments:
        document = top.branch("cac:AdditionalDocumentReference")
        document.put("cbc:ID", attachment.name)
        document.at("cac:Attachment").put(
            "cbc:EmbeddedDocumentBinaryObject",
            base64.b64encode(attachment.content).decode("ascii"),
            mimeCode=attachment.media_type,
            filename=attachment.name,
        )
    if invoice.project and not invoice.is_credit:
        top.branch("cac:ProjectReference").put("cbc:ID", invoice.project)


def _supplier(party: Branch, invoice: Invoice) -> None:
    seller, says = invoice.seller, words(invoice.language)
    party.put("cbc:EndpointID", seller.ovt, schemeID=_OVT)
    _address(party.branch("cac:PostalAddress"), seller.address)
    _tax_scheme(party, seller.vat_number, "VAT")
    if seller.in_prepayment_register:
        _tax_scheme(party, says.in_prepayment_register, "TAX")
    legal = party.branch("cac:PartyLegalEntity")
    legal.put("cbc:RegistrationName", texts.clean(seller.name))
    legal.put("cbc:CompanyID", seller.business_id, schemeID=_BUSINESS_ID)
    if seller.home_town:
        legal.put("cbc:CompanyLegalForm", says.home_town.format(town=seller.home_town))
    if seller.contact_name or seller.phone or seller.email:
        contact = party.branch("cac:Contact")
        contact.put("cbc:Name", seller.contact_name)
        contact.put("cbc:Telephone", seller.phone)
        contact.put("cbc:ElectronicMail", seller.email)


def _customer(party: Branch, invoice: Invoice) -> None:
    buyer = invoice.buyer
    party.put("cbc:EndpointID", buyer.einvoice_address or "", schemeID=_OVT)
    if buyer.number:
        party.branch("cac:PartyIdentification").put("cbc:ID", buyer.number)
    _address(party.branch("cac:PostalAddress"), buyer.address)
    if invoice.buyer_vat_number:
        _tax_scheme(party, invoice.buyer_vat_number, "VAT")
    legal = party.branch("cac:PartyLegalEntity")
    legal.put("cbc:RegistrationName", _one_line(buyer.name))
    company_id = buyer.business_id or ""
    scheme = {"schemeID": _BUSINESS_ID} if is_business_id(company_id) else {}
    legal.put("cbc:CompanyID", company_id, **scheme)
    if invoice.orderer:
        party.branch("cac:Contact").put("cbc:Name", invoice.orderer)


def _address(parent: Branch, address: Address) -> None:
    parent.put("cbc:StreetName", _one_line(address.street))
    parent.put("cbc:CityName", _one_line(address.city))
    parent.put("cbc:PostalZone", _one_line(address.postal_code))
    parent.branch("cac:Country").put("cbc:IdentificationCode", address.country.upper())


def _delivery(top: Branch, invoice: Invoice) -> None:
    if invoice.performed_on is None and invoice.delivery is None:
        return
    delivery = top.branch("cac:Delivery")
    delivery.put("cbc:ActualDeliveryDate", _iso(invoice.performed_on))
    site = invoice.delivery
    if site is not None and site.address is not None:
        _address(delivery.at("cac:DeliveryLocation/cac:Address"), site.address)
        if site.site_name:
            delivery.at("cac:DeliveryParty/cac:PartyName").put("cbc:Name", site.site_name)


def _period(parent: Branch, period: Period | None) -> None:
    if period is not None:
        days = parent.branch("cac:InvoicePeriod")
        days.put("cbc:StartDate", period.first.isoformat())
        days.put("cbc:EndDate", period.last.isoformat())


def _tax_scheme(party: Branch, identifier: str, scheme: str) -> None:
    registration = party.branch("cac:PartyTaxScheme")
    registration.put("cbc:CompanyID", identifier)
    registration.branch("cac:TaxScheme").put("cbc:ID", scheme)


def _payment(top: Branch, invoice: Invoice) -> None:
    payment = invoice.payment
    for place, account in enumerate(invoice.seller.accounts):
        means = top.branch("cac:PaymentMeans")
        means.put("cbc:PaymentMeansCode", "58")
        if invoice.is_credit and place == 0:  # a document has one due date (UBL-SR-45), however many accounts
            means.put("cbc:PaymentDueDate", payment.due_date.isoformat())
        means.put("cbc:PaymentID", payment.reference)
        payee = means.branch("cac:PayeeFinancialAccount")
        payee.put("cbc:ID", account.iban)
        payee.branch("cac:FinancialInstitutionBranch").put("cbc:ID", account.bic)
    terms = payment.terms if invoice.is_credit else f"{payment.terms}. {payment.interest}."
    top.branch("cac:PaymentTerms").put("cbc:Note", terms)


def _taxes(total: Branch, invoice: Invoice) -> None:
    _amount(total, "cbc:TaxAmount", invoice.vat, invoice)
    for group in invoice.vat_groups:
        subtotal = total.branch("cac:TaxSubtotal")
        _amount(subtotal, "cbc:TaxableAmount", group.base, invoice)
        _amount(subtotal, "cbc:TaxAmount", group.vat, invoice)
        _category(subtotal.branch("cac:TaxCategory"), group)


def _category(category: Branch, vat: VatGroup | InvoiceLine) -> None:
    """A category; the reason only in the summary, where the rules want it (BR-AE-10), never on a line."""
    category.put("cbc:ID", vat.category)
    category.put("cbc:Percent", plain(vat.rate_percent))
    if isinstance(vat, VatGroup):
        category.put("cbc:TaxExemptionReasonCode", vat.reason_code)
        category.put("cbc:TaxExemptionReason", vat.reason)
    category.branch("cac:TaxScheme").put("cbc:ID", "VAT")


def _totals(total: Branch, invoice: Invoice) -> None:
    _amount(total, "cbc:LineExtensionAmount", invoice.net, invoice)
    _amount(total, "cbc:TaxExclusiveAmount", invoice.net, invoice)
    _amount(total, "cbc:TaxInclusiveAmount", invoice.gross, invoice)
    _amount(total, "cbc:PayableAmount", invoice.gross, invoice)


def _line(row: Branch, line: InvoiceLine, invoice: Invoice, fitter: Fitter) -> None:
    says = words(invoice.language)
    row.put("cbc:ID", str(line.position))
    row.put("cbc:Note", _discount_note(line, says))
    quantity = "cbc:CreditedQuantity" if invoice.is_credit else "cbc:InvoicedQuantity"
    row.put(quantity, plain(signed(line.quantity, invoice.is_credit)), unitCode=line.unit.un_ece)
    _amount(row, "cbc:LineExtensionAmount", line.net, invoice)
    row.put("cbc:AccountingCost", line.cost_centre)
    _period(row, line.period)
    item = row.branch("cac:Item")
    name = fitter.beginning(line.text, _NAME, f"/lines/{line.position - 1}/text")
    if name != line.text:
        item.put("cbc:Description", line.text)
    item.put("cbc:Name", name)
    if line.code:
        item.branch("cac:SellersItemIdentification").put("cbc:ID", line.code)
    _category(item.branch("cac:ClassifiedTaxCategory"), line)
    _price(row.branch("cac:Price"), line, invoice.currency)


def _price(price: Branch, line: InvoiceLine, currency: str) -> None:
    discount = line.unit_price - line.net_price
    price.put("cbc:PriceAmount", plain(line.net_price, 2), currencyID=currency)
    if line.price_base != 1:
        price.put("cbc:BaseQuantity", str(line.price_base), unitCode=line.unit.un_ece)
    if discount > 0:
        allowance = price.branch("cac:AllowanceCharge")
        allowance.put("cbc:ChargeIndicator", "false")
        allowance.put("cbc:Amount", plain(discount, 2), currencyID=currency)
        allowance.put("cbc:BaseAmount", plain(line.unit_price, 2), currencyID=currency)


def _discount_note(line: InvoiceLine, says: Words) -> str:
    return says.discount.format(percent=number(line.discount_percent)) if line.discount_percent else ""


def _amount(parent: Branch, name: str, value: Decimal, invoice: Invoice) -> None:
    parent.put(name, xml.amount(signed(value, invoice.is_credit)), currencyID=invoice.currency)


def _one_line(text: str) -> str:
    return " ".join(texts.clean(text).split())


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
