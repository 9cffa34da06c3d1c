"""Which approved rows make one document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.billing.domain.document import Delivery
from services.billing.domain.rows import ApprovedRow


class MixedVat(StrEnum):
    """What a basket with and without reverse charge becomes."""

    VAT_GROUPS = "vat_groups"
    """One document with a VAT group for each treatment: an order stays one document."""
    SPLIT = "split"
    """A document for each treatment, for targets that cannot mix them."""


class InvoiceGrouping(StrEnum):
    """What a payer wants on one invoice."""

    COLLECTIVE = "collective"
    """Everything of the period."""
    PER_ORDER = "per_order"
    """One work order: collective invoices are refused."""
    PER_SITE = "per_site"
    """The work at one site; orders without a site are together."""
    PER_REFERENCE = "per_reference"
    """Orders with the same values of the required references; if none is required, of `SEPARATING`."""


SEPARATING = frozenset({"order_number", "cost_centre", "work_number", "contract"})
"""The references that orders are told apart by; the orderer is a person, not a reason for an invoice."""


@dataclass(frozen=True, slots=True)
class GroupingPolicy:
    """The rule by which rows share a document.

    grouping    the payer's wish; immediate billing makes one document for each work order anyway.
    mixed_vat   what to do when VAT treatments meet.
    references  names of the references that a document can state only once (the payer requires them): orders
                that differ in one of them stand on different documents.
    """

    grouping: InvoiceGrouping = InvoiceGrouping.COLLECTIVE
    mixed_vat: MixedVat = MixedVat.VAT_GROUPS
    references: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What all rows of one document share. `references`: (name, value) pairs in order of name; `site` if it counts."""

    payer_id: str
    currency: str
    workorder_id: str
    vat_category: str
    references: tuple[tuple[str, str], ...]
    site: Delivery | None = None


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
    names = policy.references
    if policy.grouping is InvoiceGrouping.PER_REFERENCE:
        names = names or SEPARATING
    return DocumentKey(
        payer_id=row.payer_id,
        currency=row.currency,
        workorder_id=row.workorder_id if policy.grouping is InvoiceGrouping.PER_ORDER else "",
        vat_category=row.vat_category if policy.mixed_vat is MixedVat.SPLIT else "",
        references=tuple(sorted((name, references.get(name, "")) for name in names)),
        site=row.site if policy.grouping is InvoiceGrouping.PER_SITE else None,
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
