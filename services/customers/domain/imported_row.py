"""A row of a customer workbook as fields of a customer, and the keys by which it is known again (domain.md §8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_NOT_FIELDS: Final = frozenset({"contact_name", "payer_number"})


def customer_fields(values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the customer's fields that the row fills in; an empty cell says nothing about its field.

    values  as the reader gives them, with addresses as mappings of their parts
    before  stored fields, whose addresses are completed, not replaced, by the parts that are filled
    """
    fields = {name: value for name, value in values.items() if _is_filled(value) and name not in _NOT_FIELDS}
    for name in ("billing_address", "visiting_address"):
        if name in fields:
            given = {part: text for part, text in fields[name].items() if text}
            fields[name] = {**((before or {}).get(name) or {}), **given}
    return fields


def shown_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored fields under the names of the columns: the billing address part by part."""
    shown = {name: value for name, value in fields.items() if name not in ("billing_address", "visiting_address")}
    for name, prefix in (("billing_address", ""), ("visiting_address", "visiting_")):
        address = fields.get(name) or {}
        shown |= {f"{prefix}{part}": address.get(part) or None for part in ("street", "postal_code", "city", "country")}
    return shown


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of everything in the row: the key of a row with neither business ID nor number."""
    filled = {name: value for name, value in values.items() if _is_filled(value)}
    canonical = json.dumps(filled, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _is_filled(value: Any) -> bool:
    return value is not None and value != ""
