"""What is known of a site, and which rules its fields keep (domain.md §2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.customers.domain.address import address_or_none, check_address
from services.customers.domain.errors import InvalidSite
from services.customers.domain.extra_fields import Known, check_extra
from shared.errors import FieldError

DEFAULTS: Final[Mapping[str, Any]] = {
    "code": None,
    "tag": None,
    "address": None,
    "latitude": None,
    "longitude": None,
    "access_instructions": None,
    "device": None,
    "cost_centre": None,
    "price_group": None,
    "notes": None,
    "extra": {},
}
"""Every field besides the name and the type, with what it is when nothing is said."""

FIELDS: Final = ("name", "type", *DEFAULTS)
"""Every field that a caller may set."""

DEVICE_TEXTS: Final = ("manufacturer", "model", "serial_number")
DEVICE_DAYS: Final = ("installed_on", "warranty_until")
DEVICE_PARTS: Final = (*DEVICE_TEXTS, *DEVICE_DAYS)
COORDINATES: Final[Mapping[str, int]] = {"latitude": 90, "longitude": 180}
"""Field → largest degree, north or south, east or west (WGS 84)."""
COORDINATE_PLACES: Final = 6
"""A tenth of a metre."""

LONGEST: Final[Mapping[str, int]] = {
    "name": 200,
    "code": 60,
    "tag": 100,
    "access_instructions": 2000,
    "cost_centre": 60,
    "price_group": 60,
    "notes": 2000,
}
"""Most characters of a field."""
LONGEST_DEVICE_TEXT: Final = 100

_ONE_LINE: Final = frozenset({"code", "tag"})


def checked_site(
    given: Mapping[str, Any], before: Mapping[str, Any] | None = None, known: Known | None = None
) -> dict[str, Any]:
    """Return the given ones of FIELDS healed.

    given   coordinates as `Decimal` in degrees, `device` with any of DEVICE_PARTS (days as ISO text); of `extra` only
            the values that change, None takes one away
    before  all stored fields of a known site
    known   definitions of the tenant's own fields; None: their values are not checked here
    Raises InvalidSite with every wrong field.
    """
    fields, stored = dict(given), before or {}
    errors: list[FieldError] = []
    if "name" in fields:
        fields["name"] = " ".join(str(fields["name"] or "").split())
        if not fields["name"]:
            errors.append(FieldError("/name", "required", "A site needs a name."))
    if "address" in fields:
        fields["address"], found = check_address(address_or_none(fields["address"]), "/address")
        errors += found
    for name in LONGEST.keys() - {"name"}:
        if name in fields:
            text = str(fields[name] or "").strip()
            fields[name] = (" ".join(text.split()) if name in _ONE_LINE else text) or None
    for name, longest in LONGEST.items():
        if len(fields.get(name) or "") > longest:
            errors.append(FieldError(f"/{name}", "too_long", f"At most {longest} characters."))
    if "device" in fields:
        fields["device"], found = _checked_device(fields["device"])
        errors += found
    if "extra" in fields:
        fields["extra"], found = check_extra(fields["extra"], stored.get("extra") or {}, known)
        errors += found
    errors += _check_coordinates(fields, {**stored, **fields})
    if errors:
        raise InvalidSite(errors=errors)
    return fields


def plain_field(value: Any) -> Any:
    """Return the value of a field as JSON has it: degrees as text."""
    return format(value, "f") if isinstance(value, Decimal) else value


def revived_field(name: str, value: Any) -> Any:
    """Return the value of a field as `plain_field` wrote it down."""
    return Decimal(value) if name in COORDINATES and value is not None else value


def _checked_device(given: Mapping[str, Any] | None) -> tuple[dict[str, str] | None, list[FieldError]]:
    device = {part: text for part in DEVICE_PARTS if (text := " ".join(str((given or {}).get(part) or "").split()))}
    errors = [
        FieldError(f"/device/{part}", "too_long", f"At most {LONGEST_DEVICE_TEXT} characters.")
        for part in DEVICE_TEXTS
        if len(device.get(part, "")) > LONGEST_DEVICE_TEXT
    ]
    for part in DEVICE_DAYS:
        try:
            date.fromisoformat(device.get(part, "2000-01-01"))
        except ValueError:
            errors.append(FieldError(f"/device/{part}", "date", "Expected a date as 2026-09-03."))
    return device or None, errors


def _check_coordinates(fields: dict[str, Any], whole: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    for name, most in COORDINATES.items():
        degrees = fields.get(name)
        if degrees is None:
            continue
        if abs(degrees) > most:
            errors.append(FieldError(f"/{name}", "out_of_range", f"Between -{most} and {most} degrees."))
        elif degrees != round(degrees, COORDINATE_PLACES):
            errors.append(FieldError(f"/{name}", "too_exact", f"At most {COORDINATE_PLACES} decimals."))
        else:
            fields[name] = round(degrees, COORDINATE_PLACES)
    missing = [name for name in COORDINATES if whole.get(name) is None]
    if len(missing) == 1 and COORDINATES.keys() & fields.keys():
        errors.append(FieldError(f"/{missing[0]}", "required", "A place needs both latitude and longitude."))
    return errors
