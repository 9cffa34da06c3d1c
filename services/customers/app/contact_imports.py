"""Importing contact persons and their roles: known again by id, or by address or phone together with the name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from services.customers.app.contacts import LinkEnd, add_contact, add_link, new_link
from services.customers.app.imports import TABLES
from services.customers.app.lookup import CustomersOfRows, parts_of, sites_by_key
from services.customers.domain.contact import Role, checked_contact, same_person
from services.customers.domain.errors import InvalidContact, InvalidImportRow
from services.customers.models import CONTACT_SEARCH, Contact, ContactLink, Import, Site
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, PlannedRow, run_import, same_when_written

_FIELDS: Final = ("name", "title", "email", "phone", "notes")


def import_contacts(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import contact persons with their roles; an empty cell leaves its field as it is, and no role is taken away.

    A person is known again by the id of an export, else by e-mail address or phone number together with the name, else
    by the name among those of the same customer or site. Several rows of one person are several roles.
    """
    return run_import(uow, TABLES, open_contacts(uow, reading, now), reading, request, now=now)  # type: ignore[no-any-return]


def open_contacts(uow: UnitOfWork, _reading: TableReading, _now: datetime) -> ContactRegister:
    """Return the register inside an open unit of work."""
    return ContactRegister(uow)


@dataclass(slots=True)
class _Person:
    """A contact person during the import: what is stored, what the file says, and its links."""

    id: str
    stored: Contact | None
    fields: dict[str, Any]
    ends: set[tuple[LinkEnd, str]]


@dataclass(frozen=True, slots=True)
class _Work:
    person: _Person
    links: Mapping[str, LinkEnd]
    role: Role
    is_default: bool


class ContactRegister:
    """The contact persons that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._people: list[_Person] = []
        self._by_key: dict[str, list[_Person]] = {}
        self._work: dict[int, _Work] = {}

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        self._customers = CustomersOfRows(self._uow, rows)
        self._sites = sites_by_key(self._uow, (str(row.values["site"]) for row in rows if row.values.get("site")))
        self._load(rows)
        return [self._plan(row) for row in rows]

    def write(self, planned: Sequence[PlannedRow]) -> dict[str, int]:
        """Make and change the persons, then give them their roles."""
        contacts: dict[str, Contact] = {}
        for plan in planned:
            person = self._work[plan.row.row_number].person
            if person.stored is not None:
                contacts[person.id] = person.stored
                for name in _FIELDS:
                    if name in plan.values:
                        setattr(person.stored, name, plan.values[name])
            elif person.id not in contacts:
                contacts[person.id] = add_contact(self._uow, person.id, person.fields)
        CONTACT_SEARCH.pack(self._uow, contacts.values())
        self._uow.session.flush()
        for plan in planned:
            work = self._work[plan.row.row_number]
            for link_id, end in work.links.items():
                contact = contacts[work.person.id]
                if work.is_default:
                    add_link(self._uow, link_id, contact, end, role=work.role, is_default=True)
                else:
                    self._uow.session.add(new_link(link_id, contact, end, role=work.role, is_default=False))
        self._uow.session.flush()
        return {contact.id: contact.version for contact in contacts.values()}

    def _load(self, rows: Sequence[ParsedRow]) -> None:
        found: dict[str, Contact] = {}
        for field, column in (("id", Contact.id), ("email", Contact.email), ("phone", Contact.phone)):
            for part in parts_of(str(row.values[field]) for row in rows if row.values.get(field)):
                found |= {one.id: one for one in self._uow.session.scalars(select(Contact).where(column.in_(part)))}
        links: dict[str, ContactLink] = {}
        customers = {c.id for row in rows if (c := self._customer_or_none(row)) is not None}
        ends = (
            (ContactLink.contact_id, found),
            (ContactLink.customer_id, customers),
            (ContactLink.site_id, {site.id for site in self._sites.values()}),
        )
        for column, ids in ends:
            for part in parts_of(ids):
                links |= {
                    link.id: link for link in self._uow.session.scalars(select(ContactLink).where(column.in_(part)))
                }
        found |= {link.contact.id: link.contact for link in links.values()}
        people = {one.id: _Person(one.id, one, {}, set()) for one in found.values()}
        for link in links.values():
            end = LinkEnd(customer_id=link.customer_id, site_id=link.site_id)
            people[link.contact_id].ends.add((end, link.role))
        for person in people.values():
            self._remember(person)

    def _customer_or_none(self, row: ParsedRow) -> Any:
        try:
            return self._customers.of(row.values)
        except InvalidImportRow:
            return None

    def _remember(self, person: _Person) -> None:
        fields = {name: getattr(person.stored, name) for name in _FIELDS} if person.stored else person.fields
        keys = [f"id:{person.id}"]
        keys += [f"{name}:{fields[name]}" for name in ("email", "phone") if fields.get(name)]
        keys += [_end_key(end) for end, _ in person.ends]
        for key in keys:
            if person not in self._by_key.setdefault(key, []):
                self._by_key[key].append(person)

    def _plan(self, row: ParsedRow) -> PlannedRow:
        values, label = row.values, str(row.values["name"])
        try:
            ends = self._ends(values)
            given = checked_contact({name: values[name] for name in _FIELDS if values.get(name)})
            person = self._known(values, given, ends)
            key = str(values.get("id") or given.get("email") or given.get("phone") or label)
            return self._plan_row(row, key, label, person, given, ends)
        except (InvalidContact, InvalidImportRow) as error:
            return PlannedRow(row, Action.REFUSED, label, label, problems=tuple(error.errors))

    def _plan_row(
        self, row: ParsedRow, key: str, label: str, person: _Person | None, given: dict[str, Any], ends: list[LinkEnd]
    ) -> PlannedRow:
        is_new = person is None
        if person is None:
            person = _Person(new_id(), None, {name: given.get(name) for name in _FIELDS}, set())
        role, is_default = Role(row.values["role"]), bool(row.values["is_default"])
        new_ends = [end for end in ends if (end, role.value) not in person.ends]
        before = {name: getattr(person.stored, name) for name in _FIELDS} if person.stored else person.fields
        changes = (
            {}
            if is_new
            else {name: value for name, value in given.items() if not same_when_written(before.get(name), value)}
        )
        if changes and person.stored is None:
            detail = "Another row says something else about the same person."
            raise InvalidImportRow(errors=[FieldError(f"/{min(changes)}", "contradiction", detail)])
        links = {new_id(): end for end in new_ends}
        person.ends |= {(end, role.value) for end in new_ends}
        self._remember(person)
        self._work[row.row_number] = _Work(person, links, role, is_default)
        written = {**(person.fields if is_new else changes), **({"links": sorted(links)} if links else {})}
        action = Action.CREATED if is_new else Action.CHANGED if written else Action.UNCHANGED
        named = {name: row.values.get(name) for name in ("customer_number", "business_id", "site")}
        stored = {**before, **changes, **named, "role": role.value, "is_default": is_default, "links": sorted(links)}
        return PlannedRow(row, action, key, label, person.id, written, before=before, stored=stored)

    def _ends(self, values: Mapping[str, Any]) -> list[LinkEnd]:
        customer, ends = self._customers.of(values), []
        if customer is not None:
            ends.append(LinkEnd(customer_id=customer.id))
        if values.get("site"):
            site: Site | None = self._sites.get(str(values["site"]))
            if site is None or site.archived:
                detail = f"There is no site in use with the code {values['site']}."
                raise InvalidImportRow(errors=[FieldError("/site", "unknown_site", detail)])
            ends.append(LinkEnd(site_id=site.id))
        return ends

    def _known(self, values: Mapping[str, Any], given: Mapping[str, Any], ends: Sequence[LinkEnd]) -> _Person | None:
        if values.get("id"):
            by_id = self._by_key.get(f"id:{values['id']}")
            if not by_id:
                detail = "There is no contact person with this id; leave it empty for a new one."
                raise InvalidImportRow(errors=[FieldError("/id", "unknown_contact", detail)])
            return by_id[0]
        keys = [f"{name}:{given[name]}" for name in ("email", "phone") if given.get(name)]
        keys = keys or [_end_key(end) for end in ends]
        for key in keys:
            for person in self._by_key.get(key, ()):
                if same_person(str(person.stored.name if person.stored else person.fields["name"]), given["name"]):
                    return person
        return None


class ContactUndo:
    """Takes back what an import wrote to contact persons (a `shared.imports.Undo`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._contacts: dict[str, Contact] = {}
        self._links: dict[str, ContactLink] = {}

    def touched(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the rows whose persons were changed since, or got another role though they are new."""
        for part in parts_of(row["id"] for row in rows):
            found = self._uow.session.scalars(select(Contact).where(Contact.id.in_(part)).with_for_update())
            self._contacts |= {contact.id: contact for contact in found}
            links = self._uow.session.scalars(select(ContactLink).where(ContactLink.contact_id.in_(part)))
            self._links |= {link.id: link for link in links}
        made = {link_id for row in rows for link_id in row["values"]["links"]}
        others = Counter(link.contact_id for link in self._links.values() if link.id not in made)
        return [
            row["row"]
            for row in rows
            if row["id"] not in self._contacts
            or self._contacts[row["id"]].version != row["version"]
            or (row["action"] == Action.CREATED and others[row["id"]])
        ]

    def take_back(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Remove the roles and the persons that the import made, and give changed persons their old values."""
        for row in rows:
            for link_id in row["values"]["links"]:
                if link_id in self._links:
                    self._uow.session.delete(self._links[link_id])
        self._uow.session.flush()
        for row in rows:
            contact = self._contacts[row["id"]]
            if row["action"] == Action.CREATED:
                self._uow.session.delete(contact)
            for change in row["changes"]:
                if change["field"] in _FIELDS:
                    setattr(contact, change["field"], change["old"])


def _end_key(end: LinkEnd) -> str:
    return f"at:{end.customer_id or end.site_id}"
