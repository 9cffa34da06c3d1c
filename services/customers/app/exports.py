"""Registers as rows for a workbook, read from the database piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy.orm import aliased

from services.customers.adapters.extra_columns import extra_cells
from services.customers.app.customers import stored_fields
from services.customers.app.sites import stored_site
from services.customers.domain.extra_fields import ExtraField
from services.customers.domain.imported_row import shown_fields
from services.customers.domain.site import DEVICE_DAYS
from services.customers.models import Contact, ContactLink, Customer, Site, SiteAttachment
from shared.db import UnitOfWork

_AT_ONCE = 1_000


def customer_rows(uow: UnitOfWork, statement: Select[Any], own: Sequence[ExtraField]) -> Iterator[Mapping[str, Any]]:
    """Yield the customers of `statement` (a select of Customer), oldest first, by the fields of their columns.

    own  the tenant's own fields that have columns
    """
    payer = aliased(Customer)
    joined = statement.outerjoin(payer, payer.id == Customer.payer_id).add_columns(payer.number)
    rows = uow.session.execute(joined.order_by(Customer.id).execution_options(yield_per=_AT_ONCE))
    for customer, payer_number in rows:
        cells = extra_cells(own, customer.extra)
        yield {**shown_fields(stored_fields(customer)), **cells, "payer_number": payer_number}


def contact_rows(uow: UnitOfWork, statement: Select[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the contact persons of `statement` (a select of Contact), oldest first, once for each of their roles."""
    joined = (
        statement.outerjoin(ContactLink, ContactLink.contact_id == Contact.id)
        .outerjoin(Customer, Customer.id == ContactLink.customer_id)
        .outerjoin(Site, Site.id == ContactLink.site_id)
        .where(or_(Customer.id.is_(None), Customer.archived_at.is_(None)))
        .where(or_(Site.id.is_(None), Site.archived_at.is_(None)))
        .add_columns(ContactLink.role, ContactLink.is_default, Customer.number, Site.code, Site.id)
        .order_by(Contact.id, ContactLink.id)
    )
    rows = uow.session.execute(joined.execution_options(yield_per=_AT_ONCE))
    for contact, role, is_default, customer_number, site_code, site_id in rows:
        fields = {name: getattr(contact, name) for name in ("id", "name", "title", "email", "phone", "notes")}
        site = site_code or site_id
        yield {**fields, "customer_number": customer_number, "site": site, "role": role, "is_default": is_default}


def site_rows(
    uow: UnitOfWork, statement: Select[Any], day: date, own: Sequence[ExtraField]
) -> Iterator[Mapping[str, Any]]:
    """Yield the sites of `statement` (a select of Site), by path, with the customer attached to each on `day`.

    own  the tenant's own fields that have columns
    """
    parent = aliased(Site)
    link = SiteAttachment
    holds = (link.valid_from <= day) & (link.valid_to.is_(None) | (link.valid_to >= day))
    joined = (
        statement.outerjoin(parent, parent.id == Site.parent_id)
        .outerjoin(link, (link.site_id == Site.id) & holds)
        .outerjoin(Customer, Customer.id == link.customer_id)
        .add_columns(parent.code, parent.id, Customer.number)
        .order_by(Site.path)
    )
    rows = uow.session.execute(joined.execution_options(yield_per=_AT_ONCE))
    for site, parent_code, parent_id, customer_number in rows:
        fields = {"id": site.id, **stored_site(site), **extra_cells(own, site.extra), **_device_cells(site.device)}
        address = site.address or {}
        fields |= {part: address.get(part) or None for part in ("street", "postal_code", "city", "country")}
        yield {**fields, "parent": parent_code or parent_id, "customer_number": customer_number}


def _device_cells(device: Mapping[str, str] | None) -> dict[str, Any]:
    parts: dict[str, Any] = dict(device or {})
    return parts | {name: date.fromisoformat(parts[name]) for name in DEVICE_DAYS if name in parts}
