"""From approved rows to the lines, VAT and totals of a document.

Rounding happens in two places only, half away from zero to two decimals: a line's `net` (`line_net`) and the
VAT of a rate (`_vat_of`). Totals are sums of rounded figures, and VAT shares are spread by largest remainder.
For consumers it starts at the other end (`from_gross`): a line's total with VAT, and the net of a rate.
Source: domain sheet, sections 2.10 and 4, and basket 4 of section 11.3; reverse charge: AVL 8 c §.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from services.billing.domain.document import (
    PRIVATE,
    Delivery,
    Document,
    DocumentLine,
    Holding,
    Party,
    Period,
    VatLine,
)
from services.billing.domain.errors import InvalidRow, MixedDocument
from services.billing.domain.grouping import common_references
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
    The fee of a document has a line of its own, with the text of its rule and no order's number.
    """

    merge: bool = True
    across_orders: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    name_orders: bool = False

    def text_of(self, row: ApprovedRow) -> str:
        """The line text of a row."""
        if row.fee_rule_id is not None:
            return row.description
        text = self.texts.get(row.product_id) or row.description or row.product_code
        return f"{row.workorder_number} {text}" if self.name_orders else text

    def line_key(self, row: ApprovedRow) -> tuple[object, ...]:
        """What rows of one line have in common. A return is shown as a line of its own: hence the sign."""
        if not self.merge or row.fee_rule_id is not None:
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
    rows: Sequence[ApprovedRow],
    policy: MergePolicy,
    vat_policy: VatPolicy = VatPolicy.PER_RATE,
    *,
    prices_include_vat: bool = False,
) -> tuple[DocumentLine, ...]:
    """Merge approved work rows into document lines.

    rows    any order; all of one document (same payer and currency; VAT treatments may differ).
    policy  which rows share a line, and how its text is made.
    prices_include_vat  the buyer is shown prices with VAT: see `from_gross`; `vat_policy` does not count then.
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
    return from_gross(lines) if prices_include_vat else with_vat_shares(lines, vat_policy)


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

    The due date is the document date plus the payer's term. Private persons are charged by prices with VAT, so that
    500,00 agreed is 500,00 to pay: `vat_policy` is for the others. Raises what `compile_lines` raises, and
    InvalidRow if there are no rows.
    """
    if not rows:
        raise InvalidRow("A document needs at least one row.")
    includes_vat = head.payer.kind == PRIVATE
    lines = compile_lines(rows, policy, vat_policy, prices_include_vat=includes_vat)
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
        period=Period(min(row.work_date for row in rows), max(row.work_date for row in rows)),
        delivery=_shared_site(rows),
        prices_include_vat=includes_vat,
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
        performed_from=min(row.work_date for row in rows),
        performed_to=max(row.work_date for row in rows),
        site_name=_shared_site_name(rows),
        target_codes=first.target_codes,
        dimensions=first.dimensions if len(rows) == 1 else common_references(row.dimensions for row in rows),
    )


def _shared_site(rows: Sequence[ApprovedRow]) -> Delivery | None:
    site = rows[0].site
    return site if all(row.site == site for row in rows) else None


def _shared_site_name(rows: Sequence[ApprovedRow]) -> str | None:
    names = {row.site.site_name if row.site else None for row in rows}
    return names.pop() if len(names) == 1 else None


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


def from_gross(lines: Sequence[DocumentLine]) -> tuple[DocumentLine, ...]:
    """Return the lines with `net` and `vat_share` that come from prices with VAT.

    Rounded are: a line's total with VAT (quantity × `unit_price_gross` less discount), and the net of a rate, from the
    sum of those. The net of the rate is spread over its lines, each at most a cent from its own; VAT is the rest.
    """
    gross = [line_net(line.quantity, line.unit_price_gross, line.discount_percent) for line in lines]
    by_rate: dict[tuple[str, Decimal], list[int]] = {}
    for index, line in enumerate(lines):
        by_rate.setdefault((line.vat_category, line.vat_rate_percent), []).append(index)
    found = list(lines)
    for (_, rate), indexes in by_rate.items():
        base = net_of(sum((gross[index] for index in indexes), ZERO), rate)
        nets = _nearest_cents(base, [gross[index] * 100 / (100 + rate) for index in indexes])
        for index, net in zip(indexes, nets, strict=True):
            found[index] = replace(lines[index], net=net, vat_share=gross[index] - net)
    return tuple(found)


def net_of(gross: Decimal, rate_percent: Decimal) -> Decimal:
    """The net of one sum with VAT, rounded once."""
    return round_amount(gross * 100 / (100 + rate_percent))


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
