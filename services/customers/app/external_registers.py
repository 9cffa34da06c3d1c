"""The three registers as inbound integration sees them, inside an open transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select

from services.customers.app.contacts import LinkEnd, add_contact, add_link
from services.customers.app.customers import (
    add_customer,
    apply_changes,
    check_payer,
    new_record,
    reserve_numbers,
    stored_fields,
)
from services.customers.app.events import publish_customer, publish_site
from services.customers.app.rules import customer_rules, site_fields_known
from services.customers.app.sites import (
    add_site,
    add_sites,
    apply_site_changes,
    attach_today,
    attachments_of,
    put_below,
    stored_site,
    subtree_of,
)
from services.customers.domain.contact import Role, checked_contact
from services.customers.domain.customer import changed_customer, new_customer, plain_field
from services.customers.domain.errors import CustomerArchived, CustomerMerged, InvalidContact, SiteArchived, SiteInUse
from services.customers.domain.site import checked_site
from services.customers.models import Contact, ContactLink, Customer, Site
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.errors import FieldError, RuleBroken
from shared.finland import InvalidForm, read_business_id
from shared.ids import new_id

Resolve = Callable[[str, str], str]
"""(register, reference in the same system) → id of our record; raises UnknownReference."""
_CONTACT_FIELDS = ("name", "title", "email", "phone", "notes")


class UnknownReference(RuleBroken):
    """The other system names a record of its own that it never sent."""

    code = "external.unknown_reference"
    title = "The other system has not sent this record yet"

    def __init__(self, pointer: str, register: str, reference: str) -> None:
        detail = f"No {register} with the reference {reference} came from this system."
        super().__init__(detail, errors=[FieldError(pointer, self.code, detail)])


class Register(Protocol):
    """What upserts need of a register. `fields` are those of the other system, with ids in place of its references."""

    name: str
    model: type[Any]
    needs_tree: bool

    def resolved(self, fields: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
        """Return the fields with our ids in place of the other system's references. Raises UnknownReference."""

    def find(self, uow: UnitOfWork, fields: Mapping[str, Any]) -> Any | None:
        """Return the record that has one of the keys that the fields give, never by a name."""

    def make(self, uow: UnitOfWork, record_id: str, fields: Mapping[str, Any], now: datetime) -> Any:
        """Store and publish a new record."""

    def keys(self, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the keys that the fields give: name and healed value."""

    def taken_keys(self, uow: UnitOfWork, many: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
        """Return those keys of many items that a record has."""

    def make_many(self, uow: UnitOfWork, new: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> list[Any]:
        """Store and publish new records (id, fields), in few statements. Raises if any is wrong."""

    def made(self, record: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a record that was just made from `fields`, as they are compared."""

    def stored(self, uow: UnitOfWork, record: Any, now: datetime) -> dict[str, Any]:
        """Return the record's fields as they are compared."""

    def differing(self, uow: UnitOfWork, record: Any, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Return the given fields that differ from the record, healed. Raises what is wrong with any of them."""

    def change(self, uow: UnitOfWork, record: Any, fields: Mapping[str, Any], now: datetime) -> None:
        """Store these fields, and publish the record."""

    def set_archived(self, uow: UnitOfWork, record: Any, *, archived: bool, now: datetime) -> None:
        """Take the record out of use or back into it, and publish it."""


class Customers:
    """Customers; found by business ID, else by number."""

    name = "customers"
    model = Customer
    needs_tree = False

    def resolved(self, fields: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
        """`payer_reference` → `payer_id`."""
        found = dict(fields)
        if "payer_reference" in found:
            payer = found.pop("payer_reference")
            found["payer_id"] = _resolved(resolve, self.name, payer, "/payer_reference")
        return found

    def find(self, uow: UnitOfWork, fields: Mapping[str, Any]) -> Customer | None:
        """By the keys that never mean two customers."""
        for name, value in self.keys(fields):
            statement = select(Customer).where(getattr(Customer, name) == value).with_for_update()
            if (found := uow.session.scalar(statement)) is not None:
                return found
        return None

    def keys(self, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Business ID and number."""
        found = []
        if fields.get("business_id"):
            try:
                found.append(("business_id", read_business_id(fields["business_id"])))
            except InvalidForm:
                found.append(("business_id", fields["business_id"]))
        return [*found, *([("number", fields["number"])] if fields.get("number") else [])]

    def taken_keys(self, uow: UnitOfWork, many: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
        """Of both keys."""
        return _taken(uow, Customer, [key for fields in many for key in self.keys(fields)])

    def make_many(self, uow: UnitOfWork, new: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> list[Customer]:
        """Numbers are reserved together."""
        del now
        every_list = {"extra": True, "einvoice_operator": True}
        rules = customer_rules(uow, every_list)
        checked = [(record_id, new_customer(fields, rules)) for record_id, fields in new]
        numbers = iter(reserve_numbers(uow, sum(not fields.get("number") for _, fields in checked)))
        records = [
            new_record(record_id, {**fields, "number": fields.get("number") or next(numbers)})
            for record_id, fields in checked
        ]
        for record in records:
            check_payer(uow, record.id, record.payer_id)
        uow.session.add_all(records)
        uow.session.flush()
        for record in records:
            publish_customer(uow, record)
        return records

    def made(self, record: Customer, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Everything that a caller may set."""
        del fields
        return stored_fields(record)

    def make(self, uow: UnitOfWork, record_id: str, fields: Mapping[str, Any], now: datetime) -> Customer:
        """With the next number of the series unless one is given."""
        del now
        return add_customer(uow, record_id, new_customer(fields, customer_rules(uow, fields)))

    def stored(self, uow: UnitOfWork, record: Customer, now: datetime) -> dict[str, Any]:
        """Everything that a caller may set."""
        del uow, now
        return stored_fields(record)

    def differing(self, uow: UnitOfWork, record: Customer, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """The number was given once and stays."""
        wanted = {name: value for name, value in fields.items() if name != "number"}
        return changed_customer(self.stored(uow, record, now), wanted, customer_rules(uow, wanted))

    def change(self, uow: UnitOfWork, record: Customer, fields: Mapping[str, Any], now: datetime) -> None:
        """Refused for archived customers."""
        del now
        apply_changes(uow, record, fields)

    def set_archived(self, uow: UnitOfWork, record: Customer, *, archived: bool, now: datetime) -> None:
        """What was merged comes back only with the merge."""
        if record.merged_into is not None and not archived:
            raise CustomerMerged("Undo the merge instead.", merged_into=record.merged_into)
        record.archived_at = now if archived else None
        uow.session.flush()
        publish_customer(uow, record)


class Sites:
    """Sites; found by their code."""

    name = "sites"
    model = Site
    needs_tree = True

    def resolved(self, fields: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
        """`parent_reference` → `parent_id`, `customer_reference` → `customer_id`."""
        found = dict(fields)
        for name, register in (("parent", "sites"), ("customer", "customers")):
            pointer = f"{name}_reference"
            if pointer in found:
                found[f"{name}_id"] = _resolved(resolve, register, found.pop(pointer), f"/{pointer}")
        return found

    def find(self, uow: UnitOfWork, fields: Mapping[str, Any]) -> Site | None:
        """By the firm's own code."""
        for name, value in self.keys(fields):
            return uow.session.scalar(select(Site).where(getattr(Site, name) == value).with_for_update())
        return None

    def keys(self, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The code."""
        return [("code", " ".join(fields["code"].split()))] if fields.get("code") else []

    def taken_keys(self, uow: UnitOfWork, many: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
        """Of codes."""
        return _taken(uow, Site, [key for fields in many for key in self.keys(fields)])

    def make_many(self, uow: UnitOfWork, new: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> list[Site]:
        """One may lie in another that comes before it."""
        return add_sites(
            uow, [(record_id, {"type": "property", "name": None, **fields}) for record_id, fields in new], now=now
        )

    def made(self, record: Site, fields: Mapping[str, Any]) -> dict[str, Any]:
        """With the parent, and the customer that was attached to the site itself."""
        return {**stored_site(record), "parent_id": record.parent_id, "customer_id": fields.get("customer_id")}

    def make(self, uow: UnitOfWork, record_id: str, fields: Mapping[str, Any], now: datetime) -> Site:
        """Without a type it is a property."""
        return add_site(uow, record_id, {"type": "property", "name": None, **fields}, now=now)

    def stored(self, uow: UnitOfWork, record: Site, now: datetime) -> dict[str, Any]:
        """With the parent, and the customer that is attached to the site itself today."""
        today = business_day(now)
        own = [link for link in attachments_of(uow, [record.id]) if link.period.covers(today)]
        return {
            **stored_site(record),
            "parent_id": record.parent_id,
            "customer_id": own[-1].customer_id if own else None,
        }

    def differing(self, uow: UnitOfWork, record: Site, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """A customer that is not given stays: no other system ends an attachment."""
        before = self.stored(uow, record, now)
        places = {name: fields[name] for name in ("parent_id", "customer_id") if name in fields}
        plain = {name: value for name, value in fields.items() if name not in places}
        checked = checked_site(plain, before, site_fields_known(uow, plain)) | places
        if checked.get("customer_id", "") is None:
            del checked["customer_id"]
        return {name: value for name, value in checked.items() if before.get(name) != value}

    def change(self, uow: UnitOfWork, record: Site, fields: Mapping[str, Any], now: datetime) -> None:
        """A new parent moves the site with all below it; a new customer is attached from today."""
        plain = {name: value for name, value in fields.items() if name not in ("parent_id", "customer_id")}
        if plain:
            apply_site_changes(uow, record, plain)
        if "parent_id" in fields:
            put_below(uow, record, fields["parent_id"], now=now)
        if "customer_id" in fields:
            attach_today(uow, record, fields["customer_id"], now=now)

    def set_archived(self, uow: UnitOfWork, record: Site, *, archived: bool, now: datetime) -> None:
        """Nothing below it may be in use; its parent must be."""
        if archived and any(not node.archived for node in subtree_of(uow, record) if node is not record):
            raise SiteInUse("Archive or move the sites below it first.")
        parent = uow.session.get(Site, record.parent_id) if record.parent_id else None
        if not archived and parent is not None and parent.archived:
            raise SiteArchived(f"Restore {parent.name} first.")
        record.archived_at = now if archived else None
        uow.session.flush()
        publish_site(uow, record)


class Contacts:
    """Contact persons: nothing but the reference finds them. `links` are the roles that the other system gives."""

    name = "contacts"
    model = Contact
    needs_tree = False

    def resolved(self, fields: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
        """In links: `customer_reference` → `customer_id`, `site_reference` → `site_id`."""
        found = dict(fields)
        if "links" in found:
            found["links"] = [_resolved_link(link, index, resolve) for index, link in enumerate(found["links"])]
        return found

    def find(self, uow: UnitOfWork, fields: Mapping[str, Any]) -> Contact | None:
        """Two persons may share a name, and an office an address."""
        del uow, fields
        return None

    def keys(self, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
        """None."""
        del fields
        return []

    def taken_keys(self, uow: UnitOfWork, many: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
        """None."""
        del uow, many
        return set()

    def make_many(self, uow: UnitOfWork, new: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> list[Contact]:
        """Roles are given one by one: a new default takes the place of an old one."""
        del now
        records = [add_contact(uow, record_id, fields) for record_id, fields in new]
        uow.session.flush()
        for record, (_, fields) in zip(records, new, strict=True):
            if fields.get("links"):
                self._give_roles(uow, record, fields["links"])
        return records

    def made(self, record: Contact, fields: Mapping[str, Any]) -> dict[str, Any]:
        """With the roles that were given."""
        roles = sorted(fields.get("links", ()), key=_place)
        return {**{name: getattr(record, name) for name in _CONTACT_FIELDS}, "links": roles}

    def make(self, uow: UnitOfWork, record_id: str, fields: Mapping[str, Any], now: datetime) -> Contact:
        """With its roles."""
        contact = add_contact(uow, record_id, fields)
        uow.session.flush()
        self._give_roles(uow, contact, fields.get("links", ()))
        del now
        return contact

    def stored(self, uow: UnitOfWork, record: Contact, now: datetime) -> dict[str, Any]:
        """With all roles, whoever gave them."""
        del now
        links = uow.session.scalars(select(ContactLink).where(ContactLink.contact_id == record.id))
        roles = sorted((_role_of(link) for link in links), key=_place)
        return {**{name: getattr(record, name) for name in _CONTACT_FIELDS}, "links": roles}

    def differing(self, uow: UnitOfWork, record: Contact, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Roles differ if one that is given is missing; those that others gave stay."""
        if record.erased_at is not None:
            raise InvalidContact("The person's data was erased on request.")
        before = self.stored(uow, record, now)
        checked = checked_contact({name: value for name, value in fields.items() if name != "links"})
        found = {name: value for name, value in checked.items() if before[name] != value}
        missing = [link for link in fields.get("links", ()) if link not in before["links"]]
        return found | ({"links": fields["links"]} if missing else {})

    def change(self, uow: UnitOfWork, record: Contact, fields: Mapping[str, Any], now: datetime) -> None:
        """Contact persons are not published."""
        del now
        for name, value in fields.items():
            if name != "links":
                setattr(record, name, value)
        uow.session.flush()
        self._give_roles(uow, record, fields.get("links", ()))

    def set_archived(self, uow: UnitOfWork, record: Contact, *, archived: bool, now: datetime) -> None:
        """A person loses all roles; there is nothing to come back from."""
        del now
        if archived:
            for link in uow.session.scalars(select(ContactLink).where(ContactLink.contact_id == record.id)):
                uow.session.delete(link)
            uow.session.flush()

    def _give_roles(self, uow: UnitOfWork, contact: Contact, wanted: Any) -> None:
        known = {
            (link.customer_id, link.site_id, link.role): link
            for link in uow.session.scalars(select(ContactLink).where(ContactLink.contact_id == contact.id))
        }
        for index, role in enumerate(wanted):
            old = known.get((role["customer_id"], role["site_id"], role["role"]))
            if old is not None and old.is_default == role["is_default"]:
                continue
            if old is not None:
                uow.session.delete(old)
                uow.session.flush()
            end = LinkEnd(role["customer_id"], role["site_id"])
            _require(uow, end, index)
            add_link(uow, new_id(), contact, end, role=Role(role["role"]), is_default=role["is_default"])
            uow.session.flush()


REGISTERS: Mapping[str, Register] = {each.name: each for each in (Customers(), Contacts(), Sites())}
"""Name → register."""


def is_archived(record: Any) -> bool:
    """Say whether a customer or site is out of use; contact persons never are."""
    return bool(getattr(record, "archived", False))


def plain_value(value: Any) -> Any:
    """Return a field's value as JSON has it."""
    return plain_field(value)


def _taken(uow: UnitOfWork, model: Any, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    by_name: dict[str, set[str]] = {}
    for name, value in keys:
        by_name.setdefault(name, set()).add(value)
    return {
        (name, value)
        for name, values in by_name.items()
        for value in uow.session.scalars(select(getattr(model, name)).where(getattr(model, name).in_(values)))
    }


def _resolved(resolve: Resolve, register: str, reference: str | None, pointer: str) -> str | None:
    if reference is None:
        return None
    try:
        return resolve(register, reference)
    except KeyError:
        raise UnknownReference(pointer, register, reference) from None


def _resolved_link(link: Mapping[str, Any], index: int, resolve: Resolve) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": link.get("customer_id"), "site_id": link.get("site_id")}
    for name, register in (("customer", "customers"), ("site", "sites")):
        if link.get(f"{name}_reference") is not None:
            pointer = f"/links/{index}/{name}_reference"
            found[f"{name}_id"] = _resolved(resolve, register, link[f"{name}_reference"], pointer)
    if (found["customer_id"] is None) == (found["site_id"] is None):
        detail = "Name one customer or one site."
        raise InvalidContact(errors=[FieldError(f"/links/{index}", "one_end", detail)])
    return {**found, "role": link["role"], "is_default": link.get("is_default", False)}


def _role_of(link: ContactLink) -> dict[str, Any]:
    return {
        "customer_id": link.customer_id,
        "site_id": link.site_id,
        "role": link.role,
        "is_default": link.is_default,
    }


def _place(role: Mapping[str, Any]) -> tuple[str, str, str]:
    return role["customer_id"] or "", role["site_id"] or "", role["role"]


def _require(uow: UnitOfWork, end: LinkEnd, index: int) -> None:
    model = Customer if end.customer_id else Site
    name = "customer_id" if end.customer_id else "site_id"
    found: Any = uow.session.get(model, end.customer_id or end.site_id)
    if found is None:
        error = FieldError(f"/links/{index}/{name}", "unknown", "There is no such record.")
        raise InvalidContact(errors=[error])
    if found.archived:
        raise CustomerArchived("Restore it first.") if end.customer_id else SiteArchived("Restore it first.")
