"""A row of a customer workbook as fields of a customer, and the keys by which it is known again (domain.md §8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def customer_fields(values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the customer's fields that the row fills in; an empty cell says nothing about its field.

    values  as the reader gives them, with `billing_address` as a mapping of its parts
    before  stored fields, whose address is completed, not replaced, by the parts that are filled
    """
    fields = {name: value for name, value in values.items() if _is_filled(value) and name != "contact_name"}
    if "billing_address" in fields:
        given = {part: text for part, text in fields["billing_address"].items() if text}
        fields["billing_address"] = {**((before or {}).get("billing_address") or {}), **given}
    return fields


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of everything in the row: the key of a row with neither business ID nor number."""
    filled = {name: value for name, value in values.items() if _is_filled(value)}
    canonical = json.dumps(filled, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _is_filled(value: Any) -> bool:
    return value is not None and value != ""
