"""Postal addresses of customers and sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.errors import FieldError
from shared.finland import InvalidPostalCode, read_postal_code

PARTS: Final = ("street", "postal_code", "city", "country")
LONGEST_PART: Final = 200
"""Most characters of the street and of the city."""


def address_or_none(given: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return the address with all four parts as text, or None if nothing but the country was given.

    given  street, postal_code, city, country (ISO 3166 alpha-2, default FI); any may be missing or None
    """
    parts = {part: str((given or {}).get(part) or "").strip() for part in PARTS}
    if not any(parts[part] for part in ("street", "postal_code", "city")):
        return None
    parts["country"] = parts["country"].upper() or "FI"
    return parts


def check_address(address: Mapping[str, str] | None, pointer: str) -> tuple[dict[str, str] | None, list[FieldError]]:
    """Bring the postal code to its one form (domain.md §7); returns the address and what is wrong with it.

    pointer  where the address stands in what the caller sent, e.g. `/billing_address`
    """
    if address is None:
        return None, []
    checked = dict(address)
    errors = [
        FieldError(f"{pointer}/{part}", "too_long", f"At most {LONGEST_PART} characters.")
        for part in ("street", "city")
        if len(checked[part]) > LONGEST_PART
    ]
    if checked["postal_code"]:
        try:
            checked["postal_code"] = read_postal_code(checked["postal_code"], checked["country"])
        except InvalidPostalCode as error:
            errors.append(FieldError(f"{pointer}/postal_code", error.code, error.detail))
    return checked, errors
