"""Finvoice 3.0: an invoice as XML, in the order of the schema.

Source: finnish-billing sheet §10 (element map) and §11 (credit notes, pitfalls). RowVatAmount and RowAmount are left
out on purpose: rows rounded one by one do not add up to the VAT of the rate (sheet §4, the cent trap).
"""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from lxml import etree

from services.billing.adapters.einvoice import xml
from services.billing.adapters.einvoice.fitting import Fitter, Notice
from services.billing.adapters.einvoice.format import Written
from services.billing.adapters.einvoice.invoice import Invoice, InvoiceLine, VatGroup
from services.billing.adapters.einvoice.seller import Seller
from services.billing.adapters.einvoice.words import plain, words
from services.billing.adapters.einvoice.xml import Branch
from services.billing.domain.document import Address, Delivery, Document, Party
from shared.finland import is_business_id

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_OVT, _BUSINESS_ID = "0216", "0212"
_HELSINKI = ZoneInfo("Europe/Helsinki")
_PLACES = {"Seller": "seller", "Buyer": "/payer/address", "Delivery": "/delivery/address"}
_COUNTRIES = {"FI": "Suomi", "SE": "Ruotsi", "EE": "Viro", "NO": "Norja", "DK": "Tanska", "DE": "Saksa", "AX": "Suomi"}


def write(invoice: Invoice, encoding: str) -> Written:
    """The file in `encoding` ("ISO-8859-15" or "UTF-8")."""
    fitter = Fitter(encoding.lower())
    root = etree.Element("Finvoice", {"Version": "3.0"}, nsmap={"xsi": _XSI})
    root.set(f"{{{_XSI}}}noNamespaceSchemaLocation", "Finvoice3.0.xsd")
    top = Branch(root, {})
    _transmission(top, invoice)
    _seller(top, invoice, fitter)
    _buyer(top, invoice, fitter)
    if invoice.delivery is not None:
        _delivery(top.branch("DeliveryPartyDetails"), invoice.delivery, fitter)
    if invoice.performed_on is not None:
        _date(top.branch("DeliveryDetails"), "DeliveryDate", invoice.performed_on)
    _details(top, invoice, fitter)
    if not invoice.is_credit:
        top.branch("PaymentStatusDetails").put("PaymentStatusCode", "NOTPAID")
    top.put("VirtualBankBarcode", invoice.payment.bar_code or "")
    for line in invoice.lines:
        _row(top.branch("InvoiceRow"), line, invoice.currency, fitter)
    _epi(top.branch("EpiDetails"), invoice, fitter)
    return Written(xml.serialised(root, encoding), tuple(fitter.notices))


def losses(document: Document, encoding: str) -> tuple[Notice, ...]:
    """What would be missing of payer, lines and files: the same steps as in writing the file, without it.

    Done for every document of a batch before it is locked, so it is cheap.
    """
    fitter = Fitter(encoding.lower())
    payer = document.payer
    fitter.several(payer.name, 70, 3, "/payer/name")
    fitter.several(payer.address.street, 35, 3, "/payer/address/street")
    fitter.one(payer.address.city, 35, "/payer/address/city")
    fitter.one(payer.address.postal_code, 35, "/payer/address/postal_code")
    fitter.one(document.references.get("orderer", ""), 35, "/references/orderer")
    if document.delivery is not None and document.delivery.address is not None:
        fitter.several(document.delivery.address.street, 35, 3, "/delivery/address/street")
        fitter.one(document.delivery.address.city, 35, "/delivery/address/city")
    for index, line in enumerate(document.lines):
        fitter.text(line.text, f"/lines/{index}/text")
    left_out = [Notice("/attachments", "left_out")] if document.attachments else []
    return (*(notice for notice in fitter.notices if notice.change in ("cut", "lost")), *left_out)


def _transmission(top: Branch, invoice: Invoice) -> None:
    """Sender, receiver and message.

    Identifier and time are those of the document and of its number, not of the attempt: a repeat after a lost answer is
    the same message, and whoever got it already can tell.
    """
    parts = top.branch("MessageTransmissionDetails")
    sender = parts.branch("MessageSenderDetails")
    _electronic_address(sender, "FromIdentifier", invoice.seller.ovt)
    sender.put("FromIntermediator", invoice.seller.operator)
    receiver = parts.branch("MessageReceiverDetails")
    _electronic_address(receiver, "ToIdentifier", invoice.buyer.einvoice_address or "")
    receiver.put("ToIntermediator", invoice.buyer.einvoice_operator or "")
    message = parts.branch("MessageDetails")
    message.put("MessageIdentifier", invoice.key)
    issued_at = invoice.issued_at.astimezone(_HELSINKI).replace(microsecond=0)
    message.put("MessageTimeStamp", issued_at.isoformat())
    message.put("SpecificationIdentifier", "EN16931")


def _seller(top: Branch, invoice: Invoice, fitter: Fitter) -> None:
    seller = invoice.seller
    party = top.branch("SellerPartyDetails")
    party.put("SellerPartyIdentifier", seller.business_id, SchemeID=_BUSINESS_ID)
    party.put("SellerOrganisationName", fitter.one(seller.name, 70, "seller"))
    party.put("SellerOrganisationTaxCode", seller.vat_number)
    _address(party.branch("SellerPostalAddressDetails"), "Seller", seller.address, fitter)
    top.put("SellerOrganisationUnitNumber", seller.ovt)
    top.put("SellerContactPersonName", fitter.one(seller.contact_name, 70, "seller"))
    if seller.phone or seller.email:
        contact = top.branch("SellerCommunicationDetails")
        contact.put("SellerPhoneNumberIdentifier", seller.phone)
        contact.put("SellerEmailaddressIdentifier", seller.email)
    _seller_information(top.branch("SellerInformationDetails"), seller, invoice.language, fitter)


def _seller_information(information: Branch, seller: Seller, language: str, fitter: Fitter) -> None:
    information.put("SellerHomeTownName", fitter.one(seller.home_town, 35, "seller"))
    if seller.in_prepayment_register:
        register = words(language).in_prepayment_register
        information.put("SellerTaxRegistrationText", fitter.one(register, 35, "seller"))
    for account in seller.accounts:
        details = information.branch("SellerAccountDetails")
        details.put("SellerAccountID", account.iban, IdentificationSchemeName="IBAN")
        details.put("SellerBic", account.bic, IdentificationSchemeName="BIC")


def _buyer(top: Branch, invoice: Invoice, fitter: Fitter) -> None:
    buyer = invoice.buyer
    top.put("InvoiceRecipientLanguageCode", (invoice.language or "fi").upper())
    party = top.branch("BuyerPartyDetails")
    _business_id(party, buyer)
    for part in fitter.several(buyer.name, 70, 3, "/payer/name"):
        party.put("BuyerOrganisationName", part)
    party.put("BuyerOrganisationTaxCode", invoice.buyer_vat_number)
    _address(party.branch("BuyerPostalAddressDetails"), "Buyer", buyer.address, fitter)
    top.put("BuyerOrganisationUnitNumber", buyer.einvoice_address or "")


def _business_id(party: Branch, buyer: Party) -> None:
    number = buyer.business_id or ""
    scheme = {"SchemeID": _BUSINESS_ID} if is_business_id(number) else {}
    party.put("BuyerPartyIdentifier", number, **scheme)


def _delivery(party: Branch, site: Delivery, fitter: Fitter) -> None:
    assert site.address is not None  # `compose` leaves such a site out
    name = site.site_name if len(site.site_name) > 1 else site.address.street
    party.put("DeliveryOrganisationName", fitter.beginning(name, 35, "/delivery/site_name"))
    _address(party.branch("DeliveryPostalAddressDetails"), "Delivery", site.address, fitter)


def _address(details: Branch, prefix: str, address: Address, fitter: Fitter) -> None:
    place = _PLACES[prefix]
    for part in fitter.several(address.street, 35, 3, f"{place}/street"):
        details.put(f"{prefix}StreetName", part)
    details.put(f"{prefix}TownName", fitter.one(address.city, 35, f"{place}/city"))
    details.put(f"{prefix}PostCodeIdentifier", fitter.one(address.postal_code, 35, f"{place}/postal_code"))
    country = address.country.upper()
    details.put("CountryCode", country)
    details.put("CountryName", _COUNTRIES.get(country, ""))


def _details(top: Branch, invoice: Invoice, fitter: Fitter) -> None:
    details = top.branch("InvoiceDetails")
    details.put("InvoiceTypeCode", "INV02" if invoice.is_credit else "INV01")
    details.put("InvoiceTypeCodeUN", "381" if invoice.is_credit else "380")
    details.put("InvoiceTypeText", "HYVITYSLASKU" if invoice.is_credit else "LASKU")
    details.put("OriginCode", "Original")
    details.put("InvoiceNumber", invoice.number)
    _date(details, "InvoiceDate", invoice.dated)
    details.put("OriginalInvoiceNumber", invoice.credited_number)
    _date(details, "OriginalInvoiceDate", invoice.credited_date)
    if invoice.period is not None:
        _date(details, "InvoicingPeriodStartDate", invoice.period.first)
        _date(details, "InvoicingPeriodEndDate", invoice.period.last)
    details.put("SellerReferenceIdentifier", _joined(invoice.orders, 70))
    details.put("SellersBuyerIdentifier", invoice.buyer.number)
    details.put("OrderIdentifier", invoice.order_number)
    details.put("OrdererName", fitter.one(invoice.orderer, 35, "/references/orderer"))
    details.put("AgreementIdentifier", invoice.contract)
    details.put("BuyerReferenceIdentifier", fitter.one(invoice.buyer_reference, 70, "/references/orderer"))
    details.put("ProjectReferenceIdentifier", invoice.project)
    _totals(details, invoice)
    details.put("AccountDimensionText", invoice.cost_centre)
    for group in invoice.vat_groups:
        _vat_group(details.branch("VatSpecificationDetails"), group, invoice.currency, fitter)
    for note in invoice.notes:
        for part in fitter.chunks(note, 512, "notes"):
            details.put("InvoiceFreeText", part)
    _terms(details.branch("PaymentTermsDetails"), invoice, fitter)


def _totals(details: Branch, invoice: Invoice) -> None:
    for name, value in (
        ("RowsTotalVatExcludedAmount", invoice.net),
        ("InvoiceTotalVatExcludedAmount", invoice.net),
        ("InvoiceTotalVatAmount", invoice.vat),
        ("InvoiceTotalVatIncludedAmount", invoice.gross),
    ):
        _amount(details, name, value, invoice.currency)


def _vat_group(details: Branch, group: VatGroup, currency: str, fitter: Fitter) -> None:
    _amount(details, "VatBaseAmount", group.base, currency)
    details.put("VatRatePercent", comma(group.rate_percent))
    details.put("VatCode", group.category)
    _amount(details, "VatRateAmount", group.vat, currency)
    for part in fitter.several(group.reason, 70, 3, "vat.reason"):
        details.put("VatFreeText", part)
    details.put("VatExemptionReasonCode", group.reason_code)


def _terms(details: Branch, invoice: Invoice, fitter: Fitter) -> None:
    payment = invoice.payment
    details.put("PaymentTermsFreeText", fitter.one(payment.terms, 70, "payment.terms"))
    _date(details, "InvoiceDueDate", payment.due_date)
    if not invoice.is_credit:
        fine = details.branch("PaymentOverDueFineDetails")
        fine.put("PaymentOverDueFineFreeText", fitter.one(payment.interest, 70, "payment.interest"))
        if payment.interest_percent is not None:
            fine.put("PaymentOverDueFinePercent", comma(payment.interest_percent, 1))


def _row(row: Branch, line: InvoiceLine, currency: str, fitter: Fitter) -> None:
    place = f"/lines/{line.position - 1}/text"
    row.put("ArticleIdentifier", line.code)
    row.put("ArticleName", fitter.beginning(line.text, 100, place))
    whole = fitter.text(line.text, place)
    if len(whole) > 100 or "\n" in whole:
        first, *others = fitter.chunks(line.text, 512, place)
        row.put("ArticleDescription", first)
    else:
        others = []
    units = {"QuantityUnitCode": fitter.one(line.unit.code, 14, "unit"), "QuantityUnitCodeUN": line.unit.un_ece}
    row.put("InvoicedQuantity", comma(line.quantity), **units)
    if line.period is not None:
        _date(row, "StartDate", line.period.first)
        _date(row, "EndDate", line.period.last)
    priced = {
        "AmountCurrencyIdentifier": currency,
        "UnitPriceUnitCode": units["QuantityUnitCode"],
        "QuantityUnitCodeUN": line.unit.un_ece,
    }
    row.put("UnitPriceAmount", comma(line.unit_price, 2), **priced)
    row.put("UnitPriceNetAmount", comma(line.unit_price, 2), **priced)
    if line.price_with_vat is not None:
        row.put("UnitPriceVatIncludedAmount", comma(line.price_with_vat, 2), **priced)
    if line.price_base != 1:
        row.put("UnitPriceBaseQuantity", str(line.price_base), **units)
    row.put("RowPositionIdentifier", str(line.position))
    row.put("RowAccountDimensionText", line.cost_centre)
    for part in others:
        row.put("RowFreeText", part)
    if line.discount_percent:
        row.put("RowDiscountPercent", comma(line.discount_percent))
        _amount(row, "RowDiscountAmount", line.discount, currency)
        _amount(row, "RowDiscountBaseAmount", line.net + line.discount, currency)
    row.put("RowVatRatePercent", comma(line.rate_percent))
    row.put("RowVatCode", line.category)
    _amount(row, "RowVatExcludedAmount", line.net, currency)


def _epi(epi: Branch, invoice: Invoice, fitter: Fitter) -> None:
    account = invoice.seller.accounts[0]
    identification = epi.branch("EpiIdentificationDetails")
    _date(identification, "EpiDate", invoice.dated)
    identification.empty("EpiReference")
    parties = epi.branch("EpiPartyDetails")
    bank = parties.branch("EpiBfiPartyDetails")
    bank.put("EpiBfiIdentifier", account.bic, IdentificationSchemeName="BIC")
    payee = parties.branch("EpiBeneficiaryPartyDetails")
    payee.put("EpiNameAddressDetails", fitter.beginning(invoice.seller.name, 35, "seller"))
    payee.put("EpiAccountID", account.iban, IdentificationSchemeName="IBAN")
    instruction = epi.branch("EpiPaymentInstructionDetails")
    scheme = "ISO" if invoice.payment.is_rf else "SPY"
    instruction.put("EpiRemittanceInfoIdentifier", invoice.payment.reference, IdentificationSchemeName=scheme)
    _amount(instruction, "EpiInstructedAmount", invoice.gross, invoice.currency)
    instruction.empty("EpiCharge", ChargeOption="SHA")
    _date(instruction, "EpiDateOptionDate", invoice.payment.due_date)
    instruction.put("EpiPaymentMeansCode", "58")


def comma(value: Decimal, places: int = 0) -> str:
    """A number with a decimal comma; one decimal of an amount becomes two, since Finvoice takes none or two to five."""
    return plain(value, places).replace(".", ",")


def _amount(parent: Branch, name: str, value: Decimal, currency: str) -> None:
    parent.put(name, xml.amount(value).replace(".", ","), AmountCurrencyIdentifier=currency)


def _date(parent: Branch, name: str, day: date | None) -> None:
    if day is not None:
        parent.put(name, f"{day:%Y%m%d}", Format="CCYYMMDD")


def _electronic_address(parent: Branch, name: str, address: str) -> None:
    """An address; only an OVT has a scheme, IBANs and operators' own ids have none."""
    scheme = {"SchemeID": _OVT} if address.startswith("0037") else {}
    parent.put(name, address, **scheme)


def _joined(identifiers: tuple[str, ...], limit: int) -> str:
    """As many whole identifiers as fit; all of them stand in the free text anyway."""
    joined = ""
    for identifier in identifiers:
        longer = f"{joined}, {identifier}" if joined else identifier
        if len(longer) > limit:
            break
        joined = longer
    return joined
