"""A row of a price list as fields of a product (domain.md §8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

_NOT_STORED: Final = frozenset({"vat_rate_percent"})
_SUGGESTED: Final = ("kind",)
_INVOICE_TEXTS: Final = ("invoice_text_fi", "invoice_text_sv", "invoice_text_en")


def product_fields(
    values: Mapping[str, Any], columns: Collection[str], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the fields that the row fills in; an empty cell says nothing about its field.

    values   as the reader gives them
    columns  fields that the sheet has a column for: what the reader only suggests does not change a known product
    before   stored fields of a known product, whose invoice texts are completed; None for a new one
    """
    fields = {
        name: value for name, value in values.items() if value is not None and value != "" and name not in _NOT_STORED
    }
    texts = {name[-2:]: fields.pop(name) for name in _INVOICE_TEXTS if name in fields}
    if texts:
        fields["invoice_text"] = {**((before or {}).get("invoice_text") or {}), **texts}
    if before is not None:
        for name in _SUGGESTED:
            if name not in columns:
                fields.pop(name, None)
    return fields


def shown_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored fields under the names of the columns: the invoice text language by language."""
    shown = {
        name: value for name, value in fields.items() if name not in ("invoice_text", "target_codes", "target_accounts")
    }
    texts = fields.get("invoice_text") or {}
    return shown | {name: texts.get(name[-2:]) for name in _INVOICE_TEXTS}
