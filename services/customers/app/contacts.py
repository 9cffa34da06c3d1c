"""Contact persons and what they do for customers and at sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from services.customers.domain.contact import Role, checked_contact
from services.customers.domain.errors import AlreadyLinked
from services.customers.models import Contact, ContactLink, Customer, Site
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import NotFound
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """Where a link leads: exactly one of the two ids is set."""

    customer_id: str | None = None
    site_id: str | None = None


def create_contact(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any]) -> Contact:
    """Make a contact person without any link, or return the one that the same creation made before."""
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Contact, old)
        contact = add_contact(uow, creation.id, given)
        uow.session.flush()
        uow.created(creation, contact.id)
        uow.commit()
    return contact


def change_contact(
    uow: UnitOfWork, contact_id: str, given: Mapping[str, Any], *, expected_version: int | None
) -> Contact:
    """Change the given fields of a contact person. Raises NotFound, VersionMismatch, InvalidContact."""
    with uow:
        contact = get_or_404(uow.session, Contact, contact_id, for_update=True)
        check_version(contact, expected_version)
        for name, value in checked_contact(given).items():
            setattr(contact, name, value)
        uow.commit()
    return contact


def link_contact(
    uow: UnitOfWork, creation: Creation, end: LinkEnd, given: Mapping[str, Any], *, role: Role, is_default: bool
) -> ContactLink:
    """Give a contact person a role for a customer or at a site.

    given  `contact_id` of a person who is known, or the fields of a new one
    A new default takes the place of the old default of that role. Raises NotFound, InvalidContact, AlreadyLinked.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, ContactLink, old)
        _require_end(uow, end)
        known = given.get("contact_id")
        contact = get_or_404(uow.session, Contact, known) if known else add_contact(uow, new_id(), given)
        link = add_link(uow, creation.id, contact, end, role=role, is_default=is_default)
        uow.session.flush()
        uow.created(creation, link.id)
        uow.commit()
    return link


def unlink_contact(uow: UnitOfWork, end: LinkEnd, link_id: str) -> None:
    """Take a role from a contact person; the person stays. Raises NotFound."""
    with uow:
        _require_end(uow, end)
        link = get_or_404(uow.session, ContactLink, link_id)
        if (link.customer_id, link.site_id) != (end.customer_id, end.site_id):
            raise NotFound(f"There is no such link with the id {link_id} here.")
        uow.session.delete(link)
        uow.commit()


def add_contact(uow: UnitOfWork, contact_id: str, given: Mapping[str, Any]) -> Contact:
    """Store a new contact person inside the open transaction."""
    names = ("name", "title", "email", "phone", "notes")
    fields = checked_contact({"name": None, **{name: given.get(name) for name in names}})
    contact = Contact(id=contact_id, **fields)
    uow.session.add(contact)
    return contact


def add_link(
    uow: UnitOfWork, link_id: str, contact: Contact, end: LinkEnd, *, role: Role, is_default: bool
) -> ContactLink:
    """Store a link inside the open transaction; an old default of the same role steps back. Raises AlreadyLinked."""
    for other in uow.session.scalars(_links_of(end).where(ContactLink.role == role.value)):
        if other.contact_id == contact.id:
            raise AlreadyLinked(link_id=other.id)
        if is_default and other.is_default:
            other.is_default = False
    # The old default must be gone from its unique index before the new one comes in.
    uow.session.flush()
    link = new_link(link_id, contact, end, role=role, is_default=is_default)
    uow.session.add(link)
    return link


def new_link(link_id: str, contact: Contact, end: LinkEnd, *, role: Role, is_default: bool) -> ContactLink:
    """Return a link, not yet stored; whoever stores it knows that it stands in no other's way."""
    return ContactLink(
        id=link_id,
        contact=contact,
        contact_id=contact.id,
        customer_id=end.customer_id,
        site_id=end.site_id,
        role=role.value,
        is_default=is_default,
    )


def links_of(uow: UnitOfWork, end: LinkEnd) -> list[ContactLink]:
    """Return the links of a customer or site with their persons, oldest first. Raises NotFound."""
    _require_end(uow, end)
    return list(uow.session.scalars(_links_of(end).order_by(ContactLink.id)))


def _links_of(end: LinkEnd) -> Any:
    if end.customer_id is not None:
        return select(ContactLink).where(ContactLink.customer_id == end.customer_id)
    return select(ContactLink).where(ContactLink.site_id == end.site_id)


def _require_end(uow: UnitOfWork, end: LinkEnd) -> None:
    if end.customer_id is not None:
        get_or_404(uow.session, Customer, end.customer_id)
    else:
        get_or_404(uow.session, Site, end.site_id or "")
