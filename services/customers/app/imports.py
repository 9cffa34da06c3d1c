"""Importing a customer list: update by business ID or customer number, never by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from services.customers.app.contacts import LinkEnd, add_contact, new_link
from services.customers.app.customers import new_record, reserve_numbers, store_changes, stored_fields
from services.customers.app.events import publish_customer
from services.customers.domain.contact import Role, same_person
from services.customers.domain.customer import changed_customer, new_customer
from services.customers.domain.errors import CustomerArchived, DuplicateNumber, InvalidCustomer
from services.customers.domain.imported_row import customer_fields, fingerprint
from services.customers.models import ContactLink, Customer, Import, ImportKey
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, PlannedRow, run_import

_AT_ONCE = 500
"""Keys in one query: PostgreSQL and SQLite both have a limit on parameters."""


def import_customers(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import what was read from a workbook; a dry run only says what would happen.

    A customer is known again by its business ID, else its customer number; a row with neither by its whole content,
    so the same file twice changes nothing. An empty cell leaves its field as it is. Emits customer.changed.v1 for
    every customer made or changed.
    """
    return run_import(uow, Import, CustomerRegister(uow), reading, request, now=now)


class CustomerRegister:
    """The customers that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._by_business_id: dict[str, Customer] = {}
        self._by_number: dict[str, Customer] = {}
        self._by_fingerprint: dict[str, str] = {}
        self._contacts: dict[str, list[str]] = {}
        self._planned_keys: dict[str, int] = {}

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        self._look_up(rows)
        return [self._plan(row) for row in rows]

    def write(self, planned: Sequence[PlannedRow]) -> None:
        """Make and change the customers, with their contact persons, then emit them all."""
        new = [plan for plan in planned if plan.action is Action.CREATED]
        numbers = iter(reserve_numbers(self._uow, sum(1 for plan in new if not plan.values.get("number"))))
        written = []
        for plan in planned:
            fields = dict(plan.values)
            contact_name = fields.pop("contact_name", None)
            if plan.action is Action.CREATED:
                fields["number"] = fields.get("number") or next(numbers)
                customer = new_record(str(plan.record_id), fields)
                self._uow.session.add(customer)
            else:
                customer = self._uow.session.get_one(Customer, plan.record_id)
                store_changes(customer, fields)
            written.append((plan, customer, contact_name))
        changed = [customer for _, customer, _ in written if self._uow.session.is_modified(customer)]
        self._uow.session.flush()
        for plan, customer, contact_name in written:
            self._finish(plan, customer, contact_name)
        for customer in changed:
            publish_customer(self._uow, customer)

    def _finish(self, plan: PlannedRow, customer: Customer, contact_name: str | None) -> None:
        if contact_name:
            contact = add_contact(self._uow, new_id(), {"name": contact_name})
            end = LinkEnd(customer_id=customer.id)
            is_first = not self._contacts.get(customer.id)
            self._uow.session.add(new_link(new_id(), contact, end, role=Role.ORDERS, is_default=is_first))
        if plan.action is Action.CREATED and _is_keyless(plan.row.values):
            self._uow.session.add(ImportKey(fingerprint=plan.key, customer_id=customer.id))

    def _look_up(self, rows: Sequence[ParsedRow]) -> None:
        business_ids = [row.values["business_id"] for row in rows if row.values.get("business_id")]
        numbers = [row.values["number"] for row in rows if row.values.get("number")]
        self._by_business_id = {str(c.business_id): c for c in self._customers(Customer.business_id, business_ids)}
        self._by_number = {c.number: c for c in self._customers(Customer.number, numbers)}
        prints = [fingerprint(row.values) for row in rows if _is_keyless(row.values)]
        for part in _parts(prints):
            for key in self._uow.session.scalars(select(ImportKey).where(ImportKey.fingerprint.in_(part))):
                self._by_fingerprint[key.fingerprint] = key.customer_id
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
            return PlannedRow(row, Action.UNCHANGED, key, label, known)
        try:
            existing = self._existing(values)
            self._refuse_second_row(row, values)
            if existing is None:
                return self._plan_new(row, key, label)
            return self._plan_change(row, key, label, existing)
        except (InvalidCustomer, CustomerArchived, DuplicateNumber) as error:
            problems = error.errors or (FieldError("/name", error.code, error.detail),)
            return PlannedRow(row, Action.REFUSED, key, label, problems=problems)

    def _plan_new(self, row: ParsedRow, key: str, label: str) -> PlannedRow:
        fields = new_customer(customer_fields(row.values))
        if contact_name := row.values.get("contact_name"):
            fields["contact_name"] = contact_name
        plan = PlannedRow(row, Action.CREATED, key, label, new_id(), fields)
        if _is_keyless(row.values):
            self._by_fingerprint[key] = str(plan.record_id)
        return plan

    def _plan_change(self, row: ParsedRow, key: str, label: str, existing: Customer) -> PlannedRow:
        before = stored_fields(existing)
        changes = changed_customer(before, customer_fields(row.values, before))
        contact_name = row.values.get("contact_name")
        if contact_name and not any(same_person(contact_name, name) for name in self._contacts.get(existing.id, ())):
            changes["contact_name"] = contact_name
        if changes and existing.archived:
            raise CustomerArchived("The customer is archived; restore it before changing it.")
        action = Action.CHANGED if changes else Action.UNCHANGED
        return PlannedRow(row, action, key, label, existing.id, changes)

    def _existing(self, values: Mapping[str, Any]) -> Customer | None:
        by_id = self._by_business_id.get(str(values.get("business_id")))
        by_number = self._by_number.get(str(values.get("number")))
        if by_id is not None and values.get("number") and by_id.number != values["number"]:
            detail = f"The business ID belongs to customer number {by_id.number}; a number never changes."
            raise DuplicateNumber(errors=[FieldError("/number", DuplicateNumber.code, detail)])
        return by_id or by_number

    def _refuse_second_row(self, row: ParsedRow, values: Mapping[str, Any]) -> None:
        for name in ("business_id", "number"):
            if values.get(name):
                first = self._planned_keys.setdefault(f"{name}:{values[name]}", row.row_number)
                if first != row.row_number:
                    detail = f"{values[name]} is already on row {first}."
                    raise InvalidCustomer(errors=[FieldError(f"/{name}", f"{name}.duplicate", detail)])


def _is_keyless(values: Mapping[str, Any]) -> bool:
    return not values.get("business_id") and not values.get("number")


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
