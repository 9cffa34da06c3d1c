"""What it means to make one customer of two: which fields differ, and what a person should look at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.customers.domain.customer import DEFAULTS
from services.customers.domain.errors import CannotMerge

FIELDS: Final = ("name", *DEFAULTS)
"""What the survivor may take from the merged customer; the number stays its own."""


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
    return tuple(Difference(name, merged[name], into[name]) for name in FIELDS if merged[name] != into[name])


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
    if merged["construction_seller_from"] != into["construction_seller_from"]:
        detail = "The reverse charge of construction services begins on different days."
        found.append(MergeWarning("reverse_charge_differs", "construction_seller_from", detail))
    for name in ("business_id", "einvoice_address", "payer_id"):
        if merged[name] and not into[name]:
            detail = "Only the merged customer has this; choose the field to keep it."
            found.append(MergeWarning("left_behind", name, detail))
    return tuple(found)
