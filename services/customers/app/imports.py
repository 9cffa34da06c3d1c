"""Importing a customer list: update by business ID or customer number, never by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from services.customers.app.contacts import LinkEnd, add_contact, new_link
from services.customers.app.customers import new_record, reserve_numbers, store_changes, stored_fields
from services.customers.app.events import publish_customer
from services.customers.app.extra_fields import known_fields
from services.customers.app.lookup import cell_problems, survivor_of
from services.customers.app.operators import operator_names
from services.customers.domain.contact import Role, same_person
from services.customers.domain.customer import Rules, changed_customer, new_customer, revived_field
from services.customers.domain.duplicates import duplicate_key
from services.customers.domain.errors import CustomerArchived, DuplicateNumber, InvalidCustomer
from services.customers.domain.extra_fields import ExtraRegister
from services.customers.domain.imported_row import customer_fields, fingerprint, shown_fields
from services.customers.models import (
    CONTACT_SEARCH,
    CUSTOMER_SEARCH,
    Contact,
    ContactLink,
    Customer,
    Import,
    ImportFile,
    ImportKey,
    ImportMapping,
    ImportPart,
    SiteAttachment,
)
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, ImportTables, PlannedRow, run_import, same_when_written

_AT_ONCE = 500
"""Keys in one query: PostgreSQL and SQLite both have a limit on parameters."""

_T = TypeVar("_T")

TABLES = ImportTables(Import, ImportFile, ImportMapping, ImportPart)


def import_customers(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import what was read from a workbook; a dry run only says what would happen.

    A customer is known again by its business ID, else its customer number; a row with neither by its whole content,
    so the same file twice changes nothing. An empty cell leaves its field as it is. Emits customer.changed.v1 for
    every customer made or changed.
    """
    return run_import(uow, TABLES, open_customers(uow, reading, now), reading, request, now=now)  # type: ignore[no-any-return]


def open_customers(uow: UnitOfWork, reading: TableReading, _now: datetime) -> CustomerRegister:
    """Return the register inside an open unit of work."""
    numbers = (row.values.get("number") for row in reading.rows)
    return CustomerRegister(uow, frozenset(str(number) for number in numbers if number))


class CustomerRegister:
    """The customers that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork, numbers: frozenset[str]) -> None:
        """Take the numbers that the whole file gives: no other row may get one of them from the series."""
        self._uow = uow
        self._numbers = numbers
        self._by_business_id: dict[str, Customer] = {}
        self._by_number: dict[str, Customer] = {}
        self._by_fingerprint: dict[str, str] = {}
        self._contacts: dict[str, list[str]] = {}
        self._payers: dict[str, Customer] = {}
        self._withdrawn: dict[str, Customer] = {}
        self._planned_keys: dict[str, int] = {}
        self._rules = Rules()

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        self._look_up(rows)
        self._rules = Rules(extra_fields=known_fields(self._uow, ExtraRegister.CUSTOMERS))
        operators = operator_names(self._uow)
        planned = self._with_possible_duplicates([self._plan(row) for row in rows])
        return [_with_unknown_operator(plan, operators) for plan in planned]

    def _with_possible_duplicates(self, planned: Sequence[PlannedRow]) -> list[PlannedRow]:
        """Remark on new customers that the register may have already, under another key."""
        keys = {id(plan): _duplicate_keys(plan) for plan in planned if plan.action is Action.CREATED}
        known: dict[str, Customer] = {}
        for column in (Customer.duplicate_key, Customer.einvoice_address):
            wanted = [key for found in keys.values() for field, key in found.items() if field == column.key]
            known |= {
                f"{column.key}:{getattr(one, column.key)}": one
                for one in self._customers(column, wanted)
                if not one.withdrawn and one.merged_into is None
            }
        return [
            replace(plan, remarks=_duplicate_remarks(keys[id(plan)], known)) if id(plan) in keys else plan
            for plan in planned
        ]

    def write(self, planned: Sequence[PlannedRow]) -> dict[str, int]:
        """Make and change the customers with their contact persons and emit them all, part by part."""
        new = [plan for plan in planned if plan.action is Action.CREATED]
        missing = sum(1 for plan in new if not plan.values.get("number"))
        numbers = iter(reserve_numbers(self._uow, missing, self._numbers))
        versions: dict[str, int] = {}
        for part in _parts(planned):
            versions |= self._write_part(part, numbers)
        return versions

    def _write_part(self, planned: Sequence[PlannedRow], numbers: Iterator[str]) -> dict[str, int]:
        written = [(plan, self._store(plan, numbers)) for plan in planned]
        changed = [customer for _, customer in written if self._uow.session.is_modified(customer)]
        CUSTOMER_SEARCH.pack(self._uow, changed)
        self._uow.session.flush()
        contacts = [self._finish(plan, customer, plan.values.get("contact_name")) for plan, customer in written]
        CONTACT_SEARCH.pack(self._uow, (contact for contact in contacts if contact is not None))
        for customer in changed:
            publish_customer(self._uow, customer)
        self._uow.write()
        return {customer.id: customer.version for _, customer in written}

    def _store(self, plan: PlannedRow, numbers: Iterator[str]) -> Customer:
        fields = {name: value for name, value in plan.values.items() if name != "contact_name"}
        if plan.action is Action.CREATED and plan.record_id in self._withdrawn:
            customer = self._withdrawn[plan.record_id]
            fields["number"] = customer.number
            store_changes(customer, {**fields, "archived_at": None, "withdrawn": False})
        elif plan.action is Action.CREATED:
            fields["number"] = fields.get("number") or next(numbers)
            customer = new_record(str(plan.record_id), fields)
            self._uow.session.add(customer)
        else:
            customer = self._uow.session.get_one(Customer, plan.record_id)
            store_changes(customer, fields)
        return customer

    def _finish(self, plan: PlannedRow, customer: Customer, contact_name: str | None) -> Contact | None:
        contact = None
        if contact_name:
            contact = add_contact(self._uow, new_id(), {"name": contact_name})
            end = LinkEnd(customer_id=customer.id)
            is_first = not self._contacts.get(customer.id)
            self._uow.session.add(new_link(new_id(), contact, end, role=Role.ORDERS, is_default=is_first))
        if plan.action is Action.CREATED and _is_keyless(plan.row.values):
            self._uow.session.add(ImportKey(fingerprint=plan.key, customer_id=customer.id))
        return contact

    def _look_up(self, rows: Sequence[ParsedRow]) -> None:
        business_ids = [row.values["business_id"] for row in rows if row.values.get("business_id")]
        numbers = [row.values["number"] for row in rows if row.values.get("number")]
        self._by_business_id = {str(c.business_id): c for c in self._customers(Customer.business_id, business_ids)}
        self._by_number = {c.number: survivor_of(self._uow, c) for c in self._customers(Customer.number, numbers)}
        prints = [fingerprint(row.values) for row in rows if _is_keyless(row.values)]
        for part in _parts(prints):
            for key in self._uow.session.scalars(select(ImportKey).where(ImportKey.fingerprint.in_(part))):
                self._by_fingerprint[key.fingerprint] = key.customer_id
        payers = [row.values["payer_number"] for row in rows if row.values.get("payer_number")]
        self._payers = {c.number: survivor_of(self._uow, c) for c in self._customers(Customer.number, payers)}
        known = {c.id for c in (*self._by_business_id.values(), *self._by_number.values())}
        for part in _parts(sorted(known)):
            for link in self._uow.session.scalars(select(ContactLink).where(ContactLink.customer_id.in_(part))):
                self._contacts.setdefault(str(link.customer_id), []).append(link.contact.name)

    def _customers(self, column: InstrumentedAttribute[Any], keys: Iterable[str]) -> Iterable[Customer]:
        for part in _parts(sorted(set(keys))):
            yield from self._uow.session.scalars(select(Customer).where(column.in_(part)))

    def _plan(self, row: ParsedRow) -> PlannedRow:
        values = row.values
        key = str(values.get("business_id") or values.get("number") or fingerprint(values))
        label = str(values.get("name") or "")
        if _is_keyless(values) and (known := self._by_fingerprint.get(key)):
            return PlannedRow(row, Action.UNCHANGED, key, label, known, stored=shown_fields(customer_fields(values)))
        try:
            existing = self._existing(values)
            if existing is not None and existing.withdrawn:
                return self._plan_new(row, key, label, existing)
            self._refuse_second_row(row, values)
            if existing is None:
                return self._plan_new(row, key, label, None)
            return self._plan_change(row, key, label, existing)
        except (InvalidCustomer, CustomerArchived, DuplicateNumber) as error:
            problems = cell_problems(error.errors) or (FieldError("/name", error.code, error.detail),)
            return PlannedRow(row, Action.REFUSED, key, label, problems=problems)

    def _plan_new(self, row: ParsedRow, key: str, label: str, withdrawn: Customer | None) -> PlannedRow:
        fields = new_customer(customer_fields(row.values) | self._payer(row.values), self._rules)
        if contact_name := row.values.get("contact_name"):
            fields["contact_name"] = contact_name
        if withdrawn is not None:
            self._withdrawn[withdrawn.id] = withdrawn
        record_id = withdrawn.id if withdrawn else new_id()
        plan = PlannedRow(row, Action.CREATED, key, label, record_id, fields, stored=shown_fields(fields))
        if _is_keyless(row.values):
            self._by_fingerprint[key] = str(plan.record_id)
        return plan

    def _plan_change(self, row: ParsedRow, key: str, label: str, existing: Customer) -> PlannedRow:
        before = stored_fields(existing)
        given = customer_fields(row.values, before) | self._payer(row.values)
        if "number" in given and self._by_number.get(given["number"]) is existing:
            given["number"] = existing.number  # the row may name it by the number of one that was merged into it
        changed = changed_customer(before, given, self._rules)
        changes = {name: value for name, value in changed.items() if not same_when_written(before.get(name), value)}
        contact_name = row.values.get("contact_name")
        if contact_name and not any(same_person(contact_name, name) for name in self._contacts.get(existing.id, ())):
            changes["contact_name"] = contact_name
        if changes and existing.archived:
            raise CustomerArchived("The customer is archived; restore it before changing it.")
        action = Action.CHANGED if changes else Action.UNCHANGED
        stored = shown_fields({**before, **changes})
        return PlannedRow(row, action, key, label, existing.id, changes, before=before, stored=stored)

    def _payer(self, values: Mapping[str, Any]) -> dict[str, Any]:
        number = values.get("payer_number")
        if not number:
            return {}
        payer = self._payers.get(str(number))
        if payer is None or payer.archived or number == values.get("number"):
            detail = f"There is no other customer in use with the number {number}."
            raise InvalidCustomer(errors=[FieldError("/payer_number", "unknown_payer", detail)])
        return {"payer_id": payer.id}

    def _existing(self, values: Mapping[str, Any]) -> Customer | None:
        by_id = self._by_business_id.get(str(values.get("business_id")))
        by_number = self._by_number.get(str(values.get("number")))
        if by_id is not None and values.get("number") and by_id.number != values["number"] and by_number is not by_id:
            detail = f"The business ID belongs to customer number {by_id.number}; a number never changes."
            raise DuplicateNumber(errors=[FieldError("/number", DuplicateNumber.code, detail)])
        return by_id or by_number

    def _refuse_second_row(self, row: ParsedRow, values: Mapping[str, Any]) -> None:
        for name in ("business_id", "number"):
            if values.get(name):
                known = self._by_number.get(str(values[name])) if name == "number" else None
                first = self._planned_keys.setdefault(
                    f"{name}:{known.number if known else values[name]}", row.row_number
                )
                if first != row.row_number:
                    detail = f"{values[name]} is already on row {first}."
                    raise InvalidCustomer(errors=[FieldError(f"/{name}", f"{name}.duplicate", detail)])


def _is_keyless(values: Mapping[str, Any]) -> bool:
    return not values.get("business_id") and not values.get("number")


def _parts(keys: Sequence[_T]) -> Iterable[Sequence[_T]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


class CustomerUndo:
    """Takes back what an import wrote to customers (a `shared.imports.Undo`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._customers: dict[str, Customer] = {}

    def touched(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the rows whose customers changed since, or that own sites or pay for others, though they are new."""
        ids = [row["id"] for row in rows]
        for part in _parts(ids):
            found = self._uow.session.scalars(select(Customer).where(Customer.id.in_(part)).with_for_update())
            self._customers |= {customer.id: customer for customer in found}
        created = [row["id"] for row in rows if row["action"] == Action.CREATED]
        used: set[str] = set()
        for part in _parts(created):
            used |= set(
                self._uow.session.scalars(
                    select(SiteAttachment.customer_id).where(SiteAttachment.customer_id.in_(part))
                )
            )
            payers = select(Customer.payer_id).where(Customer.payer_id.in_(part), Customer.id.not_in(part))
            used |= {str(payer) for payer in self._uow.session.scalars(payers)}
        return [
            row["row"]
            for row in rows
            if row["id"] not in self._customers
            or self._customers[row["id"]].version != row["version"]
            or (row["id"] in used and row["action"] == Action.CREATED)
        ]

    def take_back(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Withdraw created customers, give changed ones their old values, and emit all that changed."""
        created = [row["id"] for row in rows if row["action"] == Action.CREATED]
        self._remove_contacts(rows)
        for part in _parts(created):
            self._uow.session.execute(delete(ImportKey).where(ImportKey.customer_id.in_(part)))
        for row in rows:
            customer = self._customers[row["id"]]
            if row["action"] == Action.CREATED:
                customer.archived_at, customer.withdrawn = now, True
            else:
                store_changes(
                    customer,
                    {
                        change["field"]: _revived(change)
                        for change in row["changes"]
                        if change["field"] != "contact_name"
                    },
                )
        changed = [customer for customer in self._customers.values() if self._uow.session.is_modified(customer)]
        self._uow.session.flush()
        for customer in changed:
            publish_customer(self._uow, customer)

    def _remove_contacts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Remove the contact persons that the import made and nobody else has linked or changed."""
        names: dict[str, str] = {}
        for row in rows:
            is_new = row["action"] == Action.CREATED or "contact_name" in row["fields"]
            if is_new and (name := row["values"].get("contact_name") or _new_value(row, "contact_name")):
                names[row["id"]] = name
        for part in _parts(sorted(names)):
            for link in self._uow.session.scalars(select(ContactLink).where(ContactLink.customer_id.in_(part))):
                if same_person(link.contact.name, names[str(link.customer_id)]):
                    self._remove(link)

    def _remove(self, link: ContactLink) -> None:
        others = select(ContactLink.id).where(ContactLink.contact_id == link.contact_id, ContactLink.id != link.id)
        contact: Contact = link.contact
        self._uow.session.delete(link)
        if contact.version == 1 and self._uow.session.scalar(others.limit(1)) is None:
            self._uow.session.flush()
            self._uow.session.delete(contact)


def _duplicate_keys(plan: PlannedRow) -> dict[str, str]:
    """The keys by which a planned customer may be known already: column → value."""
    address = plan.values.get("billing_address") or {}
    keys = {"duplicate_key": duplicate_key(str(plan.values["name"]), address.get("postal_code"))}
    if plan.values.get("einvoice_address"):
        keys["einvoice_address"] = str(plan.values["einvoice_address"])
    return keys


def _duplicate_remarks(keys: Mapping[str, str], known: Mapping[str, Customer]) -> tuple[FieldError, ...]:
    fields = {"duplicate_key": "name", "einvoice_address": "einvoice_address"}
    return tuple(
        FieldError(f"/{fields[column]}", "customer.possible_duplicate", f"May be customer {one.number}, {one.name}.")
        for column, key in keys.items()
        if (one := known.get(f"{column}:{key}"))
    )


def _with_unknown_operator(plan: PlannedRow, operators: Mapping[str, str]) -> PlannedRow:
    """Remark on an operator that no list has; it is taken in, for a firm's own list may be newer than ours."""
    code = plan.values.get("einvoice_operator")
    if not code or code in operators:
        return plan
    remark = FieldError("/einvoice_operator", "einvoice_operator.unknown", f"{code} is not a known operator.")
    return replace(plan, remarks=(*plan.remarks, remark))


def _new_value(row: Mapping[str, Any], field: str) -> Any:
    return next((change["new"] for change in row["changes"] if change["field"] == field), None)


def _revived(change: Mapping[str, Any]) -> Any:
    """The old value of a change as the column has it."""
    return revived_field(str(change["field"]), change["old"])
