"""A row of a price list as fields of a product (domain.md §8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

_NOT_STORED: Final = frozenset({"vat_rate_percent"})
_SUGGESTED: Final = ("kind",)


def product_fields(values: Mapping[str, Any], columns: Collection[str], *, is_new: bool) -> dict[str, Any]:
    """Return the fields that the row fills in; an empty cell says nothing about its field.

    values   as the reader gives them
    columns  fields that the sheet has a column for: what the reader only suggests does not change a known product
    """
    fields = {
        name: value for name, value in values.items() if value is not None and value != "" and name not in _NOT_STORED
    }
    if not is_new:
        for name in _SUGGESTED:
            if name not in columns:
                fields.pop(name, None)
    return fields
