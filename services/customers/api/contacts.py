"""Contact persons over HTTP, and their roles for customers and at sites."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Select, select

from services.customers.adapters.layouts import CONTACTS
from services.customers.api.schemas import (
    ContactChangeIn,
    ContactDataOut,
    ContactExportQuery,
    ContactIn,
    ContactLinkIn,
    ContactLinkOut,
    ContactLinksOut,
    ContactOut,
    ContactQuery,
)
from services.customers.app import contacts as use_cases
from services.customers.app import erasure
from services.customers.app.contacts import LinkEnd
from services.customers.app.exports import contact_rows
from services.customers.domain.contact import Role
from services.customers.domain.customer import fold
from services.customers.models import CONTACT_SEARCH, Contact, ContactLink
from shared.clock import utc_now
from shared.db import get_or_404
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    whole_tenant,
    with_etag,
)
from shared.imports.http import XLSX, export_answer

blp = Blueprint("contacts", __name__, url_prefix="/contacts", description="Persons, each once")
of_customer = Blueprint(
    "customer_contacts", __name__, url_prefix="/customers/<customer_id>/contacts", description="Who does what there"
)
of_site = Blueprint(
    "site_contacts", __name__, url_prefix="/sites/<site_id>/contacts", description="Who does what there"
)


@blp.get("")
@requires("customers.read")
@blp.arguments(ContactQuery, location="query")
@blp.response(200, page_schema(ContactOut))
def list_contacts(query: dict[str, Any]) -> Page[Contact]:
    """List contact persons, oldest first"""
    with read() as uow:
        page = {name: query[name] for name in ("limit", "after")}
        if part := fold(query.get("q", "")):
            return CONTACT_SEARCH.find(uow, _filtered(query), part, **page)
        return fetch_page(uow.session, _filtered(query), Contact.id, **page)


@blp.get("/export")
@requires("customers.read")
@blp.arguments(ContactExportQuery, location="query")
@blp.response(200, content_type=XLSX, description="A workbook that can be imported back")
def export_contacts(query: dict[str, Any]) -> Response:
    """Get all contact persons that the filters let through as a workbook, a row for each of their roles

    Persons whose data was erased are left out: there is nothing to import back.
    """
    with read() as uow:
        known = _filtered(query).where(Contact.erased_at.is_(None))
        return export_answer(CONTACTS, contact_rows(uow, known), query["lang"])


def _filtered(query: dict[str, Any]) -> Select[Any]:
    statement = select(Contact)
    if query.get("q"):
        statement = statement.where(Contact.search_text.contains(fold(query["q"]), autoescape=True))
    return statement


@blp.post("")
@requires("customers.write")
@whole_tenant
@blp.arguments(ContactIn)
@blp.response(201, ContactOut)
def create_contact(body: dict[str, Any]) -> Contact:
    """Make a contact person without any role yet"""
    return with_etag(use_cases.create_contact(begin(), creation_request("contact", body), body))


@blp.get("/<contact_id>")
@requires("customers.read")
@blp.response(200, ContactOut)
def show_contact(contact_id: str) -> Contact:
    """Show a contact person"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Contact, contact_id))


@blp.patch("/<contact_id>")
@requires("customers.write")
@blp.arguments(ContactChangeIn)
@blp.response(200, ContactOut)
def change_contact(body: dict[str, Any], contact_id: str) -> Contact:
    """Change a contact person, for all customers and sites that know it; send If-Match"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_contact(begin(), contact_id, body, expected_version=version))


@blp.get("/<contact_id>/data")
@requires("customers.read")
@blp.response(200, ContactDataOut)
def show_contact_data(contact_id: str) -> dict[str, Any]:
    """Get all that is stored about a person, to be given to that person"""
    with read() as uow:
        contact = get_or_404(uow.session, Contact, contact_id)
        links = uow.session.scalars(select(ContactLink).where(ContactLink.contact_id == contact.id))
        return {"contact": contact, "roles": list(links.unique())}


@blp.post("/<contact_id>/erase")
@requires("customers.write")
@blp.response(200, ContactOut)
def erase_contact(contact_id: str) -> Contact:
    """Erase a person's data on request; roles and history keep a placeholder. There is no way back

    Reports of imports forget the person, and files that were imported are no longer kept.
    """
    return with_etag(erasure.erase_contact(begin(), contact_id, now=utc_now()))


@of_customer.get("")
@requires("customers.read")
@of_customer.response(200, ContactLinksOut)
def list_customer_contacts(customer_id: str) -> dict[str, Any]:
    """List a customer's contact persons with their roles"""
    return _list(LinkEnd(customer_id=customer_id))


@of_customer.post("")
@requires("customers.write")
@of_customer.arguments(ContactLinkIn)
@of_customer.response(201, ContactLinkOut)
def link_customer_contact(body: dict[str, Any], customer_id: str) -> ContactLink:
    """Give a known or new contact person a role for a customer"""
    return _link(LinkEnd(customer_id=customer_id), body)


@of_customer.delete("/<link_id>")
@requires("customers.write")
@of_customer.response(204)
def unlink_customer_contact(customer_id: str, link_id: str) -> None:
    """Take a role away; the person stays"""
    use_cases.unlink_contact(begin(), LinkEnd(customer_id=customer_id), link_id)


@of_site.get("")
@requires("customers.read")
@of_site.response(200, ContactLinksOut)
def list_site_contacts(site_id: str) -> dict[str, Any]:
    """List a site's contact persons with their roles"""
    return _list(LinkEnd(site_id=site_id))


@of_site.post("")
@requires("customers.write")
@of_site.arguments(ContactLinkIn)
@of_site.response(201, ContactLinkOut)
def link_site_contact(body: dict[str, Any], site_id: str) -> ContactLink:
    """Give a known or new contact person a role at a site"""
    return _link(LinkEnd(site_id=site_id), body)


@of_site.delete("/<link_id>")
@requires("customers.write")
@of_site.response(204)
def unlink_site_contact(site_id: str, link_id: str) -> None:
    """Take a role away; the person stays"""
    use_cases.unlink_contact(begin(), LinkEnd(site_id=site_id), link_id)


def _list(end: LinkEnd) -> dict[str, Any]:
    with read() as uow:
        return {"items": use_cases.links_of(uow, end)}


def _link(end: LinkEnd, body: dict[str, Any]) -> ContactLink:
    creation = creation_request(f"contact_link:{end.customer_id or end.site_id}", body)
    return use_cases.link_contact(begin(), creation, end, body, role=Role(body["role"]), is_default=body["is_default"])
