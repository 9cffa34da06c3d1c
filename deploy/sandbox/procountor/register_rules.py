"""Form and meaning of business partner and product bodies. Source: procountor sheet 7."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from . import enums
from .checking import Fields, Problems, check_characters
from .finnish import is_einvoice_address, is_iban
from .invoice_rules import check_address

_INFO_TEXTS = (
    "customerNumber", "identifier", "ovt", "contactPerson", "email", "orderReference",
    "buyerReferenceIdentifier", "sellerReferenceIdentifier", "orderNumber", "agreementNumber",
    "accountingCode", "deliverySite", "tenderReference", "einvoiceAddress", "einvoiceOperator",
)  # fmt: skip
_PAYMENT_IGNORED = (
    "penalInterestRate", "discountPercentage", "cashDiscount", "bic", "clearingCode", "paymentTermPercentage",
    "bankReferenceCode", "bankReferenceCodeType", "factoringContractId",
)  # fmt: skip
_REGISTRY_TEXTS = {"phone": 40, "mobilePhone": 40, "fax": 40, "section": 80, "homeMunicipality": 40}


def check_partner(body: dict[str, Any]) -> None:
    """Raise Refused(400) with every problem of a business partner (POST, PUT, or the result of a PATCH)."""
    problems = Problems()
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    fields.text("name", required=True, min_length=1, max_length=80)
    kind = fields.choice("type", enums.PARTNER_TYPES, required=True)
    for name in ("address", "billingAddress", "deliveryAddress"):
        address = fields.object(name, required=name == "address" and kind == "CUSTOMER")
        if address and (address.value or name == "address"):
            check_address(address)
    info = fields.object("invoicingInfo")
    if info:
        _check_info(info)
    payment = fields.object("paymentInfo", required=True)
    if payment:
        _check_payment(payment)
    registry = fields.object("registryInfo")
    if registry:
        registry.boolean("active")
        for name, most in _REGISTRY_TEXTS.items():
            registry.text(name, max_length=most)
        registry.ignore("reportGroup", "reportGroupId", "partnerGroups")
        registry.finish()
    fields.text("additionalInfo")
    fields.ignore("id", "contactPersons", "attachments", "version")
    fields.finish()
    problems.refuse_if_any()


def _check_info(info: Fields) -> None:
    for name in _INFO_TEXTS:
        info.text(name)
    info.text("identifierType")
    info.choice("invoiceChannel", enums.CHANNELS)
    info.choice("language", enums.LANGUAGES)
    info.boolean("denyEinvoiceReminders")
    info.ignore("bccAddresses")
    address = info.value.get("einvoiceAddress")
    if info.value.get("invoiceChannel") == "ELECTRONIC_INVOICE" and not address:
        info.problem("einvoiceAddress", "MISSING_VALUE the channel ELECTRONIC_INVOICE needs it")
    if info.value.get("ovt") and not is_einvoice_address(str(info.value["ovt"])):
        info.problem("ovt", "INVALID_OVT")
    info.finish()


def _check_payment(payment: Fields) -> None:
    payment.choice("paymentMethod", enums.PAYMENT_METHODS, required=True)
    term = payment.text("paymentTermDays")
    if term and not (term.isdecimal() and int(term) <= 999):
        payment.problem("paymentTermDays", "OUT_OF_RANGE a text of 0-999 days")
    payment.choice("currency", enums.CURRENCIES)
    account = payment.text("bankAccount")
    if account and not is_iban(account):
        payment.problem("bankAccount", "INVALID_IBAN")
    payment.ignore(*_PAYMENT_IGNORED)
    payment.finish()


def check_product(body: dict[str, Any], vat_percentages: Collection[Decimal], vat_statuses: Collection[int]) -> None:
    """Raise Refused(400) with every problem of a product."""
    problems = Problems()
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    fields.choice("type", enums.PRODUCT_TYPES, required=True)
    fields.text("name", required=True, min_length=1, max_length=100)
    fields.text("code", max_length=40)
    fields.choice("unit", enums.UNITS)
    fields.number("discount", required=True, least=0, most=100)
    fields.number("price", required=True)
    percent = fields.number("vat")
    if percent is not None and percent not in vat_percentages:
        fields.problem("vat", "INVALID_VAT_PERCENT it is not in use in the company")
    status = fields.integer("vatStatus")
    if status is not None and status not in vat_statuses:
        fields.problem("vatStatus", "INVALID_VAT_STATUS")
    fields.boolean("active", required=True)
    fields.text("defaultAccount")
    fields.choice("currency", enums.CURRENCIES, required=True)
    fields.integer("productGroupId")
    fields.ignore("id", "version", "productLocalizations")
    fields.finish()
    problems.refuse_if_any()
