"""What a product is and which rules its fields keep (domain.md §2.4)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from services.catalog.domain.errors import InvalidCategory, InvalidProduct, ProductArchived
from shared.errors import FieldError
from shared.units import UnknownUnit, read_unit
from shared.vat import VatClass


class Kind(StrEnum):
    """What kind of thing is charged."""

    MATERIAL = "material"
    LABOUR = "labour"
    TRAVEL = "travel"
    SUBCONTRACTING = "subcontracting"
    EQUIPMENT = "equipment"
    FEE = "fee"
    FIXED_PRICE = "fixed_price"


DEFAULTS: Final[Mapping[str, Any]] = {
    "kind": Kind.MATERIAL.value,
    "unit": "kpl",
    "cost_price": None,
    "vat_class": VatClass.STANDARD.value,
    "revenue_account": None,
    "barcode": None,
    "field_recordable": True,
    "price_editable": False,
    "construction_service": False,
    "invoice_text": {},
    "target_codes": {},
    "target_accounts": {},
}
"""Every field besides code, name, category and list price, with what it is when nothing is said."""

LONGEST: Final[Mapping[str, int]] = {"code": 60, "name": 200, "revenue_account": 20, "barcode": 60}
"""Most characters of a field."""
LONGEST_CATEGORY_NAME: Final = 100
PATH_MARK: Final = ">"
"""Stands between the names of a category's path: `Työ > Sähkötyö`."""
LONGEST_KEY: Final = 240
"""Most characters of a code or category name as it is compared: a few letters grow when they are folded."""


def code_key(code: str) -> str:
    """Return the form in which codes are compared: case, width and spaces around do not matter (`mat-1` is `MAT-1`)."""
    return unicodedata.normalize("NFKC", code).strip().casefold()


def fold(text: str) -> str:
    """Return `text` without differences of case and width, single-spaced."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def refuse_archived(*, archived: bool) -> None:
    """Raise ProductArchived if the product is archived: it is restored before it is changed."""
    if archived:
        raise ProductArchived("Restore the product first.")


def new_product(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all fields of a new product but category and list price, healed and complete.

    given  `code` and `name` (mandatory) and any keys of DEFAULTS
    Raises InvalidProduct with every wrong field.
    """
    return _checked(
        {"code": None, "name": None, **DEFAULTS, "invoice_text": {}, "target_codes": {}, "target_accounts": {}, **given}
    )


def changed_product(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `given` that differ from `before`, healed. Raises InvalidProduct with every wrong field."""
    return {name: value for name, value in _checked(dict(given)).items() if before.get(name) != value}


def checked_category_name(name: str | None, pointer: str = "/name") -> str:
    """Return a category's name, single-spaced. Raises InvalidCategory about `pointer`."""
    trimmed = " ".join((name or "").split())
    if not 0 < len(trimmed) <= LONGEST_CATEGORY_NAME or len(fold(trimmed)) > LONGEST_KEY:
        detail = f"A category needs a name of at most {LONGEST_CATEGORY_NAME} characters."
        raise InvalidCategory(errors=[FieldError(pointer, "required", detail)])
    if PATH_MARK in trimmed:
        detail = f"A name has no {PATH_MARK}: it stands between a category and the one inside it."
        raise InvalidCategory(errors=[FieldError(pointer, "path_mark", detail)])
    return trimmed


def searchable(code: str, name: str, barcode: str | None) -> str:
    """Return the text in which a person finds the product: code, name and bar code, folded."""
    return fold(f"{code} {name} {barcode or ''}")


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    errors: list[FieldError] = []
    for name in ("code", "name"):
        if name in fields:
            fields[name] = " ".join(str(fields[name] or "").split())
            if not fields[name]:
                errors.append(FieldError(f"/{name}", "required", f"A product needs a {name}."))
    for name in ("revenue_account", "barcode"):
        if name in fields:
            fields[name] = str(fields[name] or "").strip() or None
    if "unit" in fields:
        try:
            fields["unit"] = read_unit(str(fields["unit"])).code
        except UnknownUnit as error:
            hint = f" Did you mean {error.facts['suggestion']}?" if error.facts.get("suggestion") else ""
            errors.append(FieldError("/unit", error.code, error.detail + hint))
    cost = fields.get("cost_price")
    if isinstance(cost, Decimal) and cost < 0:
        errors.append(FieldError("/cost_price", "negative", "A cost is not negative."))
    for name in ("invoice_text", "target_codes", "target_accounts"):
        if name in fields:
            fields[name] = {key: text for key, text in (fields[name] or {}).items() if text}
    for name, longest in LONGEST.items():
        if len(fields.get(name) or "") > longest:
            errors.append(FieldError(f"/{name}", "too_long", f"At most {longest} characters."))
    if len(code_key(fields.get("code") or "")) > LONGEST_KEY:
        errors.append(FieldError("/code", "too_long", "The code has too many unusual letters."))
    if errors:
        raise InvalidProduct(errors=errors)
    return fields
