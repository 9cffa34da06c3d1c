"""customer.nv, getcustomer.nv, customerlist.nv. Source: netvisor sheet 8."""

from __future__ import annotations

from flask import Response
from lxml import etree

from . import schema
from .call import Call
from .envelope import DUPLICATE_DATA, Refused, child, invalid, succeeded
from .reader import Node
from .records import CardRecord

BASE = "customerbaseinformation"
MOST_IDS = 500
MOST_CODES = 100

# Reply section -> (element of the reply, element of the request), in the order of real replies.
_REPLY = {
    "CustomerBaseInformation": (
        ("InternalIdentifier", "internalidentifier"),
        ("ExternalIdentifier", "externalidentifier"),
        ("OrganizationUnitNumber", "organizationunitnumber"),
        ("CustomerGroupName", "customergroupname"),
        ("Name", "name"),
        ("NameExtension", "nameextension"),
        ("StreetAddress", "streetaddress"),
        ("AdditionalAddressLine", "additionaladdressline"),
        ("City", "city"),
        ("PostNumber", "postnumber"),
        ("Country", "country"),
        ("PhoneNumber", "phonenumber"),
        ("FaxNumber", "faxnumber"),
        ("Email", "email"),
        ("EmailInvoicingAddress", "emailinvoicingaddress"),
        ("HomePageUri", "homepageuri"),
        ("IsActive", "isactive"),
        ("IsPrivateCustomer", "isprivatecustomer"),
    ),
    "CustomerFinvoiceDetails": (
        ("FinvoiceAddress", "finvoiceaddress"),
        ("FinvoiceRouterCode", "finvoiceroutercode"),
    ),
    "CustomerDeliveryDetails": (
        ("DeliveryName", "deliveryname"),
        ("DeliveryStreetAddress", "deliverystreetaddress"),
        ("DeliveryCity", "deliverycity"),
        ("DeliveryPostNumber", "deliverypostnumber"),
    ),
    "CustomerContactDetails": (
        ("ContactPerson", "contactperson"),
        ("ContactPersonEmail", "contactpersonemail"),
        ("ContactPersonPhone", "contactpersonphone"),
    ),
    "CustomerAdditionalInformation": (
        ("Comment", "comment"),
        ("ReferenceNumber", "customerreferencenumber"),
        ("BalanceLimit", "balancelimit"),
        ("YourDefaultReference", "yourdefaultreference"),
        ("DefaultTextBeforeInvoiceLines", "defaulttextbeforeinvoicelines"),
        ("DefaultTextAfterInvoiceLines", "defaulttextafterinvoicelines"),
        ("TaxHandlingType", "taxhandlingtype"),
    ),
}


def write(call: Call) -> Response:
    """customer.nv: add answers the new key, edit answers without one."""
    if call.method("add", "edit") == "add":
        document = call.document(schema.CUSTOMER)
        record = CardRecord(0, {}, call.now).merged(document, call.now)
        if not record.text(BASE, "name"):
            raise invalid("Customer name is missing")
        _check(call, record)
        record.key = call.company.next_key("customer")
        call.company.save_customer(record)
        return succeeded(call.now, inserted=record.key)
    key = call.key_param("id")
    document = call.document(schema.CUSTOMER)
    record = _found(call, key).merged(document, call.now)
    _check(call, record)
    call.company.save_customer(record)
    return succeeded(call.now)


def get(call: Call) -> Response:
    """getcustomer.nv: `id`, or `idlist` of at most 500."""
    if call.param("idlist"):
        customers = etree.Element("Customers")
        for key in call.keys_param("idlist", MOST_IDS):
            customers.append(_reply(_found(call, key)))
        return succeeded(call.now, customers)
    return succeeded(call.now, _reply(_found(call, call.key_param("id"))))


def list_customers(call: Call) -> Response:
    """customerlist.nv: `keyword` (overrides changedsince), `changedsince`, `customercodelist` of at most 100."""
    keyword = call.param("keyword").lower()
    since = None if keyword else call.time_param("changedsince")
    codes = [code.strip().lower() for code in call.param("customercodelist").split(",") if code.strip()]
    if len(codes) > MOST_CODES:
        raise invalid(f"Parameter customercodelist may hold at most {MOST_CODES} values")
    found = etree.Element("Customerlist")
    for record in _candidates(call, codes):
        if keyword and not any(keyword in text.lower() for text in _searched(record)):
            continue
        if since is not None and record.changed_at < since:
            continue
        _append_row(call, found, record)
    return succeeded(call.now, found)


def _candidates(call: Call, codes: list[str]) -> list[CardRecord]:
    company = call.company
    if not codes:
        return list(company.customers.values())
    keys = sorted(company.customer_codes[code] for code in codes if code in company.customer_codes)
    return [company.customers[key] for key in keys]


def _searched(record: CardRecord) -> list[str]:
    return [record.text(BASE, name) for name in ("name", "internalidentifier", "externalidentifier", "nameextension")]


def _append_row(call: Call, found: etree._Element, record: CardRecord) -> None:
    row = child(found, "Customer")
    child(row, "Netvisorkey", str(record.key))
    child(row, "Name", record.text(BASE, "name"))
    child(row, "Code", record.text(BASE, "internalidentifier"))
    child(row, "OrganisationIdentifier", record.text(BASE, "externalidentifier"))
    child(row, "CustomerGroupID")
    child(row, "CustomerGroupName", record.text(BASE, "customergroupname"))
    child(row, "Uri", f"{call.base_url}/getcustomer.nv?id={record.key}")


def _reply(record: CardRecord) -> etree._Element:
    customer = etree.Element("Customer")
    for section, elements in _REPLY.items():
        part = child(customer, section)
        if section == "CustomerBaseInformation":
            child(part, "NetvisorKey", str(record.key))
        for name, source in elements:
            if name == "CustomerGroupName" and not record.text(section.lower(), source):
                continue
            attributes = {"type": "ISO-3166"} if name == "Country" else {}
            child(part, name, record.text(section.lower(), source), **attributes)
    return customer


def _found(call: Call, key: int) -> CardRecord:
    record = call.company.customers.get(key)
    if record is None:
        raise invalid(f"Customer not found with Netvisor identifier: {key}")
    return record


def _check(call: Call, record: CardRecord) -> None:
    """Number automatic or free, operator known, active by default."""
    base = record.sections.setdefault(BASE, {})
    number = base.get("internalidentifier")
    if number is not None and number.attribute("type") == "automatic" and not number.text:
        base["internalidentifier"] = Node("internalidentifier", _free_number(call))
    base.setdefault("isactive", Node("isactive", "1"))
    code = record.text(BASE, "internalidentifier")
    owner = call.company.customer_codes.get(code.lower()) if code else None
    if owner is not None and owner != record.key:
        raise Refused(DUPLICATE_DATA, f"Customer number {code} is already in use")
    router = record.text("customerfinvoicedetails", "finvoiceroutercode")
    known = call.company.settings.known_router_codes
    if router and known and router.upper() not in known:
        raise invalid(f"Finvoice router code {router} is not known")


def _free_number(call: Call) -> str:
    number = len(call.company.customers) + 1
    while str(number) in call.company.customer_codes:
        number += 1
    return str(number)
