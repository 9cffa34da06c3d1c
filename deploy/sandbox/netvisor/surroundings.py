"""companylist.nv, getcompanyinformation.nv, purchaseinvoicelist.nv, getpurchaseinvoice.nv.

Only so far that the public clients can call them: the company register knows the company and its business customers,
and there are no purchase invoices. Source: replies of netvisor-api-client (H).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response
from lxml import etree

from .call import Call
from .envelope import child, invalid, succeeded

_BASE = "customerbaseinformation"


def list_companies(call: Call) -> Response:
    """companylist.nv: `queryterm` over name and business id."""
    wanted = call.param("queryterm").lower()
    if not wanted:
        raise invalid("Parameter queryterm is missing")
    listing = etree.Element("CompanyList")
    child(listing, "IsMore", "0")
    for key, (name, business_id) in enumerate(_companies(call), start=1):
        if wanted in name.lower() or wanted in business_id:
            row = child(listing, "Company")
            child(row, "Id", str(key))
            child(row, "IsActive", "1")
            child(row, "Name", name)
            child(row, "FinnishOrganizationIdentifier", business_id)
    return succeeded(call.now, listing)


def get_company(call: Call) -> Response:
    """getcompanyinformation.nv: `organizationidentifier`."""
    wanted = call.param("organizationidentifier")
    found = next(((name, business_id) for name, business_id in _companies(call) if business_id == wanted), None)
    if found is None:
        raise invalid(f"Company not found with organization identifier: {wanted}")
    information = etree.Element("CompanyInformation")
    company = child(information, "Company")
    child(company, "Name", found[0])
    child(company, "FinnishOrganizationIdentifier", found[1])
    child(company, "Type", "Osakeyhtiö")
    child(company, "CurrentActivityStatus", "active")
    child(company, "StatVatRegisterStatus", "currently_registered")
    return succeeded(call.now, information)


def list_purchases(call: Call) -> Response:
    """purchaseinvoicelist.nv: there are none."""
    return succeeded(call.now, etree.Element("PurchaseInvoiceList"))


def get_purchase(call: Call) -> Response:
    """getpurchaseinvoice.nv: an unknown one is an empty element, as for sales invoices (sheet 5)."""
    call.key_param("netvisorkey")
    return succeeded(call.now, etree.Element("PurchaseInvoice"))


def _companies(call: Call) -> Iterator[tuple[str, str]]:
    """(name, business id) of the company itself and of its customers that have one."""
    yield call.company.name, call.company.credentials.organisation_id
    for record in call.company.customers.values():
        if business_id := record.text(_BASE, "externalidentifier"):
            yield record.text(_BASE, "name"), business_id
