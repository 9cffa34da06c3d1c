"""Making, changing and archiving customers. Every change is told to the other services."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.customers.app.events import publish_customer
from services.customers.app.rules import customer_rules
from services.customers.app.settings import SERIES, number_prefix
from services.customers.domain.customer import (
    DEFAULTS,
    FIRST_NUMBER,
    changed_customer,
    new_customer,
    refuse_archived,
)
from services.customers.domain.duplicates import duplicate_key
from services.customers.domain.errors import CustomerMerged, DuplicateBusinessId, DuplicateNumber, InvalidCustomer
from services.customers.models import Customer
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError

_LONGEST_PAYER_CHAIN = 10


def create_customer(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any]) -> Customer:
    """Make a customer, or return the one that the same creation made before.

    given  fields of `domain.customer.new_customer`
    Raises InvalidCustomer, DuplicateBusinessId, DuplicateNumber, KeyReused.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Customer, old)
        customer = add_customer(uow, creation.id, new_customer(without_id(given), customer_rules(uow, given)))
        uow.created(creation, customer.id)
        uow.commit()
    return customer


def change_customer(
    uow: UnitOfWork, customer_id: str, given: Mapping[str, Any], *, expected_version: int | None
) -> Customer:
    """Change the given fields; nothing is published if nothing differs.

    Raises NotFound, VersionMismatch, CustomerArchived, InvalidCustomer, DuplicateBusinessId.
    """
    with uow:
        customer = get_or_404(uow.session, Customer, customer_id, for_update=True)
        check_version(customer, expected_version)
        apply_changes(uow, customer, given)
        uow.commit()
    return customer


def archive_customer(
    uow: UnitOfWork, customer_id: str, *, archived: bool, expected_version: int | None, now: datetime
) -> Customer:
    """Take the customer out of use, or back into it; its history stays. Doing it twice changes nothing.

    Raises NotFound, VersionMismatch, CustomerMerged: what was merged comes back only with the merge.
    """
    with uow:
        customer = get_or_404(uow.session, Customer, customer_id, for_update=True)
        check_version(customer, expected_version)
        if customer.merged_into is not None and not archived:
            raise CustomerMerged("Undo the merge instead.", merged_into=customer.merged_into)
        if customer.archived != archived:
            customer.archived_at = now if archived else None
            uow.session.flush()
            publish_customer(uow, customer)
        uow.commit()
    return customer


def add_customer(uow: UnitOfWork, customer_id: str, fields: Mapping[str, Any]) -> Customer:
    """Store a new customer with checked fields inside the open transaction and emit it."""
    _check_unique(uow, fields, customer_id)
    check_payer(uow, customer_id, fields.get("payer_id"))
    number = fields.get("number") or reserve_numbers(uow, 1)[0]
    customer = new_record(customer_id, {**fields, "number": number})
    uow.session.add(customer)
    uow.session.flush()
    publish_customer(uow, customer)
    return customer


def apply_changes(uow: UnitOfWork, customer: Customer, given: Mapping[str, Any]) -> None:
    """Change a customer inside the open transaction and emit it, if anything differs."""
    refuse_archived(archived=customer.archived)
    changes = changed_customer(stored_fields(customer), given, customer_rules(uow, given))
    if not changes:
        return
    _check_unique(uow, changes, customer.id)
    check_payer(uow, customer.id, changes.get("payer_id"))
    store_changes(customer, changes)
    uow.session.flush()
    publish_customer(uow, customer)


def new_record(customer_id: str, fields: Mapping[str, Any]) -> Customer:
    """Return a customer, not yet stored, from checked fields with a number."""
    values = {**fields, "id": customer_id}
    return Customer(
        **values,
        duplicate_key=_duplicate_key(values),
        archived_at=None,
        withdrawn=False,
    )


def store_changes(customer: Customer, changes: Mapping[str, Any]) -> None:
    """Set checked fields on a stored customer; it is written at the next flush."""
    customer.take(changes)
    key = _duplicate_key(stored_fields(customer))
    if customer.duplicate_key != key:
        customer.duplicate_key = key


def _duplicate_key(fields: Mapping[str, Any]) -> str:
    return duplicate_key(fields["name"], (fields.get("billing_address") or {}).get("postal_code"))


def reserve_numbers(uow: UnitOfWork, count: int, spoken_for: Collection[str] = ()) -> list[str]:
    """Return `count` numbers of the series that nobody was given by hand.

    spoken_for  numbers that are about to be given by hand
    """
    numbers: list[str] = []
    prefix = number_prefix(uow) if count else ""
    while len(numbers) < count:
        next_ones = uow.next_numbers(SERIES, min(count - len(numbers), 500))
        wanted = [f"{prefix}{FIRST_NUMBER - 1 + number}" for number in next_ones]
        taken = set(uow.session.scalars(select(Customer.number).where(Customer.number.in_(wanted))))
        taken.update(number for number in wanted if number in spoken_for)
        numbers += [number for number in wanted if number not in taken]
    return numbers


def stored_fields(customer: Customer) -> dict[str, Any]:
    """Return every field that a caller may set, with the id and the number."""
    return {name: getattr(customer, name) for name in ("id", "number", "name", *DEFAULTS)}


def without_id(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without the id that the client chose: the creation carries it."""
    return {name: value for name, value in given.items() if name != "id"}


def _check_unique(uow: UnitOfWork, values: Mapping[str, Any], own_id: str) -> None:
    """Say clearly what is taken. The unique keys of the database decide when two do it at the same moment."""
    for name, error in (("business_id", DuplicateBusinessId), ("number", DuplicateNumber)):
        if values.get(name) is None:
            continue
        column = getattr(Customer, name)
        taken = uow.session.scalar(select(Customer).where(column == values[name], Customer.id != own_id))
        if taken is not None:
            detail = f"{values[name]} is customer {taken.number}, {taken.name}."
            raise error(detail, errors=[FieldError(f"/{name}", error.code, detail)], customer_id=taken.id)


def check_payer(uow: UnitOfWork, own_id: str, payer_id: str | None) -> None:
    """Raise InvalidCustomer unless the payer exists, is in use, and its payers do not lead back to the customer."""
    following, steps = payer_id, 0
    while following is not None and steps < _LONGEST_PAYER_CHAIN:
        payer = uow.session.get(Customer, following)
        problem = None
        if payer is None or payer.archived:
            problem = FieldError("/payer_id", "unknown_payer", "There is no such customer in use.")
        elif payer.id == own_id:
            problem = FieldError("/payer_id", "own_payer", "The customer would pay for itself in the end.")
        if problem is not None:
            if steps == 0 or problem.code == "own_payer":
                raise InvalidCustomer(errors=[problem])
            return
        assert payer is not None
        following, steps = payer.payer_id, steps + 1
