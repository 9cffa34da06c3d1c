"""Form and meaning of an invoice body. Source: procountor sheet 5.1 to 5.4. All problems are found at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from . import enums
from .checking import Fields, Problems, check_characters
from .finnish import is_einvoice_address, is_iban, is_reference

MOST_DUE_DAYS = 999
MOST_CURRENCY_RATE = 1_000_000
MOST_CASH_DISCOUNT = Decimal("99.99")
DOMESTIC_CURRENCY = "EUR"

READ_ONLY = (
    "id", "status", "paymentDate", "invoiceNumber", "ledgerReceiptId", "invoiceSumInfo", "creatorId",
    "attachments", "invoiceApprovalInformation", "invoiceOperatorInfo", "sum", "travelInformationItems",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the company allows."""

    partner_ids: Collection[int]
    product_ids: Collection[int]
    vat_percentages: Collection[Decimal]
    vat_statuses: Collection[int]
    bank_accounts: Collection[str]


def check_invoice(body: dict[str, Any], around: Surroundings) -> None:
    """Raise Refused(400) with every problem of a POST or PUT body."""
    problems = Problems()
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    _check_head(fields, around)
    _check_texts(fields)
    channel = _check_channel(fields)
    _check_parties(fields, channel)
    issued_on = fields.day("date", required=True)
    payment = fields.object("paymentInfo", required=True)
    if payment:
        _check_payment(payment, issued_on, around)
    extra = fields.object("extraInfo", required=True)
    if extra:
        extra.boolean("accountingByRow", required=True)
        extra.boolean("unitPricesIncludeVat", required=True)
        extra.finish()
    for row in fields.objects("invoiceRows", required=True):
        _check_row(row, around)
    fields.ignore(*READ_ONLY, "version")
    fields.finish()
    problems.refuse_if_any()


def _check_head(fields: Fields, around: Surroundings) -> None:
    kind = fields.choice("type", enums.INVOICE_TYPES, required=True)
    if kind and kind not in enums.SALES_TYPES:
        fields.problem("type", "NOT_SIMULATED the sandbox knows sales invoices and orders only")
    partner = fields.integer("partnerId")
    if partner is not None and partner not in around.partner_ids:
        fields.problem("partnerId", "BUSINESS_PARTNER_NOT_FOUND")
    fields.number("discountPercent", required=True, least=0, most=100, decimals=4)
    status = fields.integer("vatStatus", required=True)
    if status is not None and status not in around.vat_statuses:
        fields.problem("vatStatus", "INVALID_VAT_STATUS")
    fields.choice("language", enums.LANGUAGES, required=True)
    fields.choice("vatCountry", enums.COUNTRY_NAMES)
    fields.number("penaltyPercent", least=0, decimals=2)
    fields.integer("invoiceTemplateId")
    if fields.integer("factoringContractId") is not None:
        fields.problem("factoringContractId", "FACTORING_CONTRACT_NOT_FOUND")
    if fields.boolean("isOffer") and kind == "SALES_INVOICE":
        fields.problem("isOffer", "NOT_ALLOWED only orders can be offers")


def _check_texts(fields: Fields) -> None:
    fields.text("orderReference", max_length=70)
    fields.text("originalInvoiceNumber", max_length=40)
    fields.text("deliveryInstructions", max_length=255)
    fields.text("additionalInformation", max_length=10_000)
    fields.text("notes", max_length=10_000)
    fields.text("factoringText")
    fields.text("buyerReferenceIdentifier", max_length=70)
    fields.text("sellerReferenceIdentifier", max_length=70)
    for name in ("orderNumber", "agreementNumber", "accountingCode", "deliverySite", "tenderReference"):
        fields.text(name)
    fields.day("deliveryStartDate")
    fields.day("deliveryEndDate")
    if fields.choice("deliveryMethod", enums.DELIVERY_METHODS) == "OTHER":
        fields.problem("deliveryMethod", "NOT_ALLOWED for sales")
    terms = fields.object("deliveryTermsInfo")
    if terms:
        terms.text("name")
        terms.text("municipality")
        terms.finish()


def _check_channel(fields: Fields) -> str | None:
    if fields.value.get("invoiceChannel") in enums.REFUSED_CHANNELS:
        fields.problem("invoiceChannel", "INVOICE_CHANNEL_NOT_ALLOWED")
        fields.ignore("invoiceChannel")
        return None
    return fields.choice("invoiceChannel", enums.CHANNELS, required=True)


def _check_parties(fields: Fields, channel: str | None) -> None:
    party = fields.object("counterParty", required=True)
    billing = fields.object("billingAddress")
    delivery = fields.object("deliveryAddress")
    for address in (billing, delivery):
        if address and address.value:
            check_address(address)
    if not party:
        return
    party.text("contactPersonName", max_length=70)
    for name in ("identifier", "taxCode", "customerNumber"):
        party.text(name)
    email = party.text("email")
    if channel == "EMAIL" and not email:
        party.problem("email", "MISSING_VALUE the channel EMAIL needs it")
    bcc = party.value.get("bccAddresses")
    party.ignore("bccAddresses", "bankAccount")
    if bcc is not None and (not isinstance(bcc, list) or len(bcc) > 4):
        party.problem("bccAddresses", "TOO_MANY_VALUES at most 4")
    own = party.object("counterPartyAddress", required=True)
    if own:
        check_address(own)
        _check_postal(channel, own, billing)
    _check_einvoice(party, own, channel)
    party.finish()


def check_address(address: Fields) -> None:
    """An address as on invoices and business partners."""
    address.text("name", required=True, min_length=1, max_length=80)
    for name, most in (("specifier", 80), ("street", 80), ("zip", 20), ("city", 40), ("subdivision", 35)):
        address.text(name, max_length=most)
    address.choice("country", enums.COUNTRY_NAMES)
    address.finish()


def _check_postal(channel: str | None, own: Fields, billing: Fields | None) -> None:
    """Street, zip and city: in one address for MAIL, in both for ELECTRONIC_INVOICE.

    An omitted billing address is the counterparty's, `{}` is none.
    """
    billed = own if billing is None else billing
    if channel == "MAIL" and _lacking(own) and _lacking(billed):
        for name in _lacking(own):
            own.problem(name, "MISSING_VALUE the channel MAIL needs a postal address")
    if channel == "ELECTRONIC_INVOICE":
        for address in {id(own): own, id(billed): billed}.values():
            for name in _lacking(address):
                address.problem(name, "MISSING_VALUE the channel ELECTRONIC_INVOICE needs it")


def _lacking(address: Fields) -> list[str]:
    return [name for name in ("street", "zip", "city") if not address.value.get(name)]


def _check_einvoice(party: Fields, own: Fields | None, channel: str | None) -> None:
    einvoice = party.object("einvoiceAddress")
    if einvoice is None:
        if channel == "ELECTRONIC_INVOICE":
            party.problem("einvoiceAddress", "MISSING_VALUE the channel ELECTRONIC_INVOICE needs it")
        return
    operator = einvoice.text("operator")
    address = einvoice.text("address")
    einvoice.text("ediId")
    einvoice.finish()
    if channel != "ELECTRONIC_INVOICE":
        return
    is_finnish = own is None or own.value.get("country") in (None, "FINLAND")
    if is_finnish and not operator:
        einvoice.problem("operator", "MISSING_VALUE needed in Finland")
    if not address:
        einvoice.problem("address", "MISSING_VALUE")
    elif is_finnish and not is_einvoice_address(address):
        einvoice.problem("address", "INVALID_OVT")


def _check_payment(payment: Fields, issued_on: date | None, around: Surroundings) -> None:
    method = None
    if payment.value.get("paymentMethod") in ("DIRECT_DEBIT", "DKLMPKRE"):
        payment.problem("paymentMethod", "PAYMENT_METHOD_NOT_ALLOWED")
        payment.ignore("paymentMethod")
    else:
        method = payment.choice("paymentMethod", enums.PAYMENT_METHODS, required=True)
    currency = payment.choice("currency", enums.CURRENCIES, required=True)
    rate = payment.number("currencyRate", required=True, least=0, most=MOST_CURRENCY_RATE)
    if currency == DOMESTIC_CURRENCY and rate is not None and rate != 1:
        payment.problem("currencyRate", "INVALID_CURRENCY_RATE 1 in the domestic currency")
    due_on = payment.day("dueDate", required=True)
    if due_on and issued_on:
        if due_on < issued_on:
            payment.problem("dueDate", "DUE_DATE_BEFORE_BILL_DATE")
        elif (due_on - issued_on).days > MOST_DUE_DAYS:
            payment.problem("dueDate", f"OUT_OF_RANGE at most {MOST_DUE_DAYS} days after date")
    payment.day("newDueDate")
    _check_bank(payment, method, around)
    _check_reference(payment)
    _check_cash_discount(payment)
    payment.number("paymentTermPercentage")
    payment.text("clearingCode", max_length=50)
    payment.finish()


def _check_bank(payment: Fields, method: str | None, around: Surroundings) -> None:
    account = payment.object("bankAccount")
    if account is None:
        return
    number = account.text("accountNumber")
    if account.value.get("bic"):
        account.problem("bic", "NOT_ALLOWED for sales")
    account.ignore("bic")
    if number:
        if method == "CASH":
            account.problem("accountNumber", "NOT_ALLOWED for cash")
        elif not is_iban(number):
            account.problem("accountNumber", "INVALID_IBAN")
        elif number not in around.bank_accounts:
            account.problem("accountNumber", "BANK_ACCOUNT_NOT_FOUND it must be the company's own")
    account.finish()


def _check_reference(payment: Fields) -> None:
    reference = payment.text("bankReferenceCode")
    payment.choice("bankReferenceCodeType", enums.REFERENCE_TYPES)
    if reference and not is_reference(reference):
        payment.problem("bankReferenceCode", "INVALID_BANK_REFERENCE_CODE")


def _check_cash_discount(payment: Fields) -> None:
    discount = payment.object("cashDiscount")
    if discount is None:
        return
    discount.choice("cashDiscountsTermType", enums.DISCOUNT_TERMS)
    for option in discount.objects("optionList", most=3):
        option.number("numberOfDays", least=0, most=999, decimals=0)
        option.number("discountPercentage", least=0, most=MOST_CASH_DISCOUNT)
        option.finish()
    discount.finish()


def _check_row(row: Fields, around: Surroundings) -> None:
    product = row.integer("productId")
    if product is not None and product not in around.product_ids:
        row.problem("productId", "PRODUCT_NOT_FOUND")
    row.text("product", required=True, min_length=1)
    row.text("productCode")
    row.number("quantity", required=True)
    row.choice("unit", enums.UNITS, required=True)
    row.number("unitPrice", required=True)
    row.number("discountPercent", required=True, least=0, most=100, decimals=4)
    percent = row.number("vatPercent", required=True)
    if percent is not None and percent not in around.vat_percentages:
        row.problem("vatPercent", "INVALID_VAT_PERCENT it is not in use in the company")
    status = row.integer("vatStatus")
    if status is not None and status not in around.vat_statuses:
        row.problem("vatStatus", "INVALID_VAT_STATUS")
    for name in ("comment", "headerText", "explanationText"):
        row.text(name, max_length=512)
    row.day("startDate")
    row.day("endDate")
    row.ignore("id")
    row.finish()
