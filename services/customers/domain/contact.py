"""Contact persons: their roles and the form of their fields (domain.md §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from services.customers.domain.errors import InvalidContact
from shared import finland
from shared.errors import FieldError


class Role(StrEnum):
    """What a contact person does for a customer or at a site."""

    ORDERS = "orders"
    APPROVES = "approves"
    BILLING = "billing"
    ACCESS = "access"
    RESIDENT = "resident"


def checked_contact(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given fields (name, email, phone, title, notes) healed; raises InvalidContact with every wrong one."""
    fields = {name: " ".join(value.split()) if name == "name" and value else value for name, value in given.items()}
    errors: list[FieldError] = []
    if "name" in fields and not fields["name"]:
        errors.append(FieldError("/name", "required", "A contact person needs a name."))
    for name, read in (("email", finland.read_email), ("phone", finland.read_phone)):
        if fields.get(name):
            try:
                fields[name] = read(fields[name])
            except finland.InvalidForm as error:
                errors.append(FieldError(f"/{name}", error.code, error.detail))
    if errors:
        raise InvalidContact(errors=errors)
    return {name: value or None for name, value in fields.items()}


def same_person(one: str, other: str) -> bool:
    """Say whether two names are written the same but for case and spaces."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
