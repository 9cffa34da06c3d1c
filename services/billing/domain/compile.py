"""From approved rows to the lines, VAT and totals of a document.

Rounding happens in two places only, half away from zero to two decimals: a line's `net` (`line_net`) and the
VAT of a rate (`_vat_of`). Totals are sums of rounded figures, and VAT shares are spread by largest remainder.
Source: domain sheet, sections 2.10 and 4; reverse charge: AVL 8 c §.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from services.billing.domain.document import Document, DocumentLine, Holding, Party, VatLine
from services.billing.domain.errors import InvalidRow, MixedDocument
from services.billing.domain.rows import ApprovedRow, check_row
from shared.errors import FieldError
from shared.money import line_net, round_amount

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


class VatPolicy(StrEnum):
    """How a target computes VAT; ours must be the same to the cent."""

    PER_RATE = "per_rate"
    """Once for each rate, from the sum of the rate's lines."""
    PER_LINE = "per_line"
    """For each line, then summed."""


@dataclass(frozen=True, slots=True)
class MergePolicy:
    """Which rows become one line. Rows that differ in product, unit, price, discount or VAT never do.

    merge          False keeps every row on a line of its own.
    across_orders  rows of different work orders may share a line.
    texts          product id → text for the line in the payer's language. A product without one takes the
                   row's description, and then only rows with the same description are merged.
    name_orders    lines begin with the number of their work order (collective invoices).
    """

    merge: bool = True
    across_orders: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    name_orders: bool = False

    def text_of(self, row: ApprovedRow) -> str:
        """The line text of a row."""
        text = self.texts.get(row.product_id) or row.description or row.product_code
        return f"{row.workorder_number} {text}" if self.name_orders else text

    def line_key(self, row: ApprovedRow) -> tuple[object, ...]:
        """What rows of one line have in common. A return is shown as a line of its own: hence the sign."""
        if not self.merge:
            return (row.row_id,)
        return (
            row.product_id,
            row.unit,
            row.unit_price,
            row.discount_percent,
            row.vat_class,
            row.vat_category,
            row.charged_vat_percent,
            row.quantity > 0,
            self.text_of(row),
            "" if self.across_orders else row.workorder_id,
        )


def compile_lines(
    rows: Sequence[ApprovedRow], policy: MergePolicy, vat_policy: VatPolicy = VatPolicy.PER_RATE
) -> tuple[DocumentLine, ...]:
    """Merge approved work rows into document lines.

    rows    any order; all of one document (same payer and currency; VAT treatments may differ).
    policy  which rows share a line, and how its text is made.
    Returns lines in the order of their first row (`ApprovedRow.place`), so the same for any order of `rows`;
    every row is in exactly one line. Quantities are exact sums; `net` is rounded once per line; the lines'
    `vat_share` of a rate sum to the VAT of that rate.
    Raises MixedDocument if rows differ in payer or currency, InvalidRow for a row no document can show or one
    that comes twice.
    """
    ordered = sorted(rows, key=lambda row: row.place)
    _must_belong_together(ordered)
    members: dict[tuple[object, ...], list[ApprovedRow]] = {}
    for row in ordered:
        members.setdefault(policy.line_key(row), []).append(row)
    lines = [_line(position, group, policy) for position, group in enumerate(members.values(), start=1)]
    return with_vat_shares(lines, vat_policy)


def vat_lines(lines: Iterable[DocumentLine]) -> tuple[VatLine, ...]:
    """Return the VAT of each category and rate, from lines that have their `vat_share`.

    Sorted by category and falling rate. `base` and `vat` are sums of the lines': nothing is rounded here.
    """
    sums: dict[tuple[str, Decimal], tuple[Decimal, Decimal]] = {}
    for line in lines:
        key = (line.vat_category, line.vat_rate_percent)
        base, vat = sums.get(key, (ZERO, ZERO))
        sums[key] = (base + line.net, vat + line.vat_share)
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], -item[0][1]))
    return tuple(VatLine(category, rate, base, vat) for (category, rate), (base, vat) in ordered)


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What a document has besides its rows; see `Document` for the fields."""

    id: str
    key: str
    tenant_id: str
    payer: Party
    document_date: date
    references: Mapping[str, str]
    text_before: str = ""


def compile_document(
    head: DocumentHead,
    rows: Sequence[ApprovedRow],
    policy: MergePolicy,
    vat_policy: VatPolicy = VatPolicy.PER_RATE,
) -> Document:
    """Make the document of `rows`, as `compile_lines` with totals, dates and references.

    The due date is the document date plus the payer's term. Raises what `compile_lines` raises, and
    InvalidRow if there are no rows.
    """
    if not rows:
        raise InvalidRow("A document needs at least one row.")
    lines = compile_lines(rows, policy, vat_policy)
    groups = vat_lines(lines)
    net = sum((group.base for group in groups), ZERO)
    vat = sum((group.vat for group in groups), ZERO)
    return Document(
        id=head.id,
        key=head.key,
        tenant_id=head.tenant_id,
        payer=head.payer,
        currency=rows[0].currency,
        document_date=head.document_date,
        performed_on=max(row.work_date for row in rows),
        due_date=head.document_date + timedelta(days=head.payer.payment_term_days),
        references=head.references,
        lines=lines,
        vat_lines=groups,
        net=net,
        vat=vat,
        gross=net + vat,
        workorder_numbers=tuple(sorted({row.workorder_number for row in rows})),
        text_before=head.text_before,
    )


def preflight(document: Document) -> tuple[FieldError, ...]:
    """Return what would make any accounting system refuse the document, with pointers into it; () if nothing.

    Asked before a batch is locked, and again before sending.
    """
    payer = document.payer
    problems = []
    if not payer.name.strip():
        problems.append(FieldError("/payer/name", "payer.name_missing", "The payer has no name."))
    if not payer.number.strip():
        problems.append(FieldError("/payer/number", "payer.number_missing", "The payer has no customer number."))
    reverse_charge = any(line.vat_category == "AE" for line in document.lines)
    if reverse_charge and not (payer.vat_number or payer.business_id):
        problems.append(
            FieldError(
                "/payer/vat_number",
                "payer.vat_number_missing",
                "Reverse charge needs the buyer's VAT number or business ID.",
            )
        )
    return tuple(problems)


def _must_belong_together(rows: Sequence[ApprovedRow]) -> None:
    if len({(row.payer_id, row.currency) for row in rows}) > 1:
        raise MixedDocument("All rows of a document have one payer and one currency.")
    if len({(row.row_id, row.ledger_id) for row in rows}) != len(rows):
        raise InvalidRow("A row stands twice in the selection.")
    for row in rows:
        check_row(row)


def _line(position: int, rows: Sequence[ApprovedRow], policy: MergePolicy) -> DocumentLine:
    first = rows[0]
    quantity = sum((row.quantity for row in rows), Decimal(0))
    return DocumentLine(
        position=position,
        product_id=first.product_id,
        product_code=first.product_code,
        product_kind=first.product_kind,
        text=policy.text_of(first),
        quantity=quantity,
        unit=first.unit,
        unit_price=first.unit_price,
        discount_percent=first.discount_percent,
        vat_class=first.vat_class,
        vat_category=first.vat_category,
        vat_rate_percent=first.charged_vat_percent,
        net=line_net(quantity, first.unit_price, first.discount_percent),
        vat_share=ZERO,
        row_ids=tuple(dict.fromkeys(row.row_id for row in rows)),
        holdings=tuple(Holding(row.ledger_id, row.row_id, row.quantity) for row in rows),
    )


def _vat_of(base: Decimal, rate_percent: Decimal) -> Decimal:
    """VAT of one base, rounded once."""
    return round_amount(base * rate_percent / 100)


def with_vat_shares(lines: Sequence[DocumentLine], policy: VatPolicy) -> tuple[DocumentLine, ...]:
    """Return the lines with their `vat_share`: the parts of a rate sum to the rate's VAT."""
    if policy is VatPolicy.PER_LINE:
        return tuple(replace(line, vat_share=_vat_of(line.net, line.vat_rate_percent)) for line in lines)
    by_rate: dict[tuple[str, Decimal], list[DocumentLine]] = {}
    for line in lines:
        by_rate.setdefault((line.vat_category, line.vat_rate_percent), []).append(line)
    shares: dict[int, Decimal] = {}
    for (_, rate), group in by_rate.items():
        total = _vat_of(sum((line.net for line in group), ZERO), rate)
        parts = _nearest_cents(total, [line.net * rate / 100 for line in group])
        shares.update(zip((line.position for line in group), parts, strict=True))
    return tuple(replace(line, vat_share=shares[line.position]) for line in lines)


def _nearest_cents(total: Decimal, exact: Sequence[Decimal]) -> list[Decimal]:
    """Round `exact` to cents so that they sum to `total`: the largest remainders go up, ties from the top.

    A negative total is the mirror image, so that a credit takes back what the charge gave. Not
    `shared.money.spread`, which shares by weight: lines that nearly cancel out would get shares far from
    their own VAT.
    """
    if total < 0:
        return [-part for part in _nearest_cents(-total, [-value for value in exact])]
    cents = [value.quantize(ZERO, rounding=ROUND_FLOOR) for value in exact]
    missing = int((total - sum(cents, ZERO)) * 100)
    by_remainder = sorted(range(len(exact)), key=lambda index: (cents[index] - exact[index], index))
    for index in by_remainder[:missing]:
        cents[index] += CENT
    return cents
