"""What it means to make one customer of two: which fields differ, and what a person should look at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.customers.domain.customer import DEFAULTS, plain_field
from services.customers.domain.errors import CannotMerge

FIELDS: Final = ("name", *DEFAULTS)
"""What the survivor may take from the merged customer; the number stays its own.

Of `extra` it takes each value that the merged customer has, and keeps its others.
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the two customers have differently."""

    field: str
    merged: Any
    into: Any


@dataclass(frozen=True, slots=True)
class MergeWarning:
    """Something to think about before merging; it does not prevent it."""

    code: str
    field: str
    detail: str


def refuse_merge(merged_id: str, into_id: str) -> None:
    """Raise CannotMerge if a customer would be merged into itself."""
    if merged_id == into_id:
        raise CannotMerge("A customer is not merged into itself.")


def differences(merged: Mapping[str, Any], into: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return the fields that differ, in the order of FIELDS.

    merged, into  all stored fields of the two
    """
    return tuple(
        Difference(name, plain_field(merged[name]), plain_field(into[name]))
        for name in FIELDS
        if merged[name] != into[name]
    )


def merge_warnings(merged: Mapping[str, Any], into: Mapping[str, Any]) -> tuple[MergeWarning, ...]:
    """Return what speaks against the two being one, or would be lost without being chosen."""
    found = []
    if merged["business_id"] and into["business_id"] and merged["business_id"] != into["business_id"]:
        detail = f"The business IDs differ ({merged['business_id']}, {into['business_id']}): two legal persons?"
        found.append(MergeWarning("business_id_differs", "business_id", detail))
    if merged["kind"] != into["kind"]:
        detail = f"One is {merged['kind']}, the other {into['kind']}: VAT may be treated differently."
        found.append(MergeWarning("kind_differs", "kind", detail))
    if merged["on_hold"] and not into["on_hold"]:
        found.append(MergeWarning("hold_ends", "on_hold", "The merged customer is on hold, the survivor is not."))
    for name, what in (("construction_seller_from", "begins"), ("construction_seller_to", "ends")):
        if merged[name] != into[name]:
            detail = f"The reverse charge of construction services {what} on different days."
            found.append(MergeWarning("reverse_charge_differs", name, detail))
    if merged["invoice_grouping"] != into["invoice_grouping"]:
        detail = "Their orders are put on invoices by different rules."
        found.append(MergeWarning("grouping_differs", "invoice_grouping", detail))
    for name in ("business_id", "einvoice_address", "payer_id", "late_interest_percent", "extra"):
        if _says(merged[name]) and not _says(into[name]):
            detail = "Only the merged customer has this; choose the field to keep it."
            found.append(MergeWarning("left_behind", name, detail))
    return tuple(found)


def _says(value: Any) -> bool:
    """Say whether a field is filled in; an interest of zero is."""
    return value is not None and value != "" and value != {}
