"""Which approved rows make one document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.billing.domain.rows import ApprovedRow


class MixedVat(StrEnum):
    """What a basket with and without reverse charge becomes."""

    VAT_GROUPS = "vat_groups"
    """One document with a VAT group for each treatment: an order stays one document."""
    SPLIT = "split"
    """A document for each treatment, for targets that cannot mix them."""


@dataclass(frozen=True, slots=True)
class GroupingPolicy:
    """The rule by which rows share a document.

    per_order   one document for each work order (immediate billing, or a customer who refuses collective
                invoices).
    mixed_vat   what to do when VAT treatments meet.
    references  names of the references that a document can state only once (the payer requires them): orders
                that differ in one of them stand on different documents.
    """

    per_order: bool = False
    mixed_vat: MixedVat = MixedVat.VAT_GROUPS
    references: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What all rows of one document share. `references` are (name, value) pairs in order of name."""

    payer_id: str
    currency: str
    workorder_id: str
    vat_category: str
    references: tuple[tuple[str, str], ...]


def group_rows(
    rows: Iterable[ApprovedRow],
    policies: Mapping[str, GroupingPolicy],
    references: Mapping[str, Mapping[str, str]],
) -> dict[DocumentKey, tuple[ApprovedRow, ...]]:
    """Divide rows among documents.

    rows        any order; every row comes out in exactly one group.
    policies    by payer id; a payer without one gets `GroupingPolicy()`.
    references  by work order id: name → value.
    Returns groups in the order of their first row, rows in the order of `ApprovedRow.place`: the same
    whatever the order of `rows`.
    """
    default = GroupingPolicy()
    groups: dict[DocumentKey, list[ApprovedRow]] = {}
    for row in sorted(rows, key=lambda each: each.place):
        policy = policies.get(row.payer_id, default)
        key = _key(row, policy, references.get(row.workorder_id, {}))
        groups.setdefault(key, []).append(row)
    return {key: tuple(members) for key, members in groups.items()}


def _key(row: ApprovedRow, policy: GroupingPolicy, references: Mapping[str, str]) -> DocumentKey:
    return DocumentKey(
        payer_id=row.payer_id,
        currency=row.currency,
        workorder_id=row.workorder_id if policy.per_order else "",
        vat_category=row.vat_category if policy.mixed_vat is MixedVat.SPLIT else "",
        references=tuple(sorted((name, references.get(name, "")) for name in policy.references)),
    )


def common_references(references: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the references that all orders of a document share with one value; empty ones are left out."""
    shared: dict[str, str] | None = None
    for each in references:
        stated = {name: value for name, value in each.items() if value}
        if shared is None:
            shared = stated
        else:
            shared = {name: value for name, value in shared.items() if stated.get(name) == value}
    return dict(sorted((shared or {}).items()))
