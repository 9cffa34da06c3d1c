"""Credits: what may still be taken back of an accepted document, and the document that does it.

A credit has the lines of its original with quantities of the other sign; prices, discounts and VAT are the original's.
Source: domain sheet, section 2.12, and basket 5 of section 11.3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from services.billing.domain.compile import ZERO, VatPolicy, from_gross, vat_lines, with_vat_shares
from services.billing.domain.document import Document, DocumentLine, Holding, OriginalDocument, VatLine
from services.billing.domain.errors import MoreThanLeft
from shared.errors import FieldError
from shared.money import line_net


class RowsThen(StrEnum):
    """What becomes of the credited rows."""

    POOL = "pool"
    """They can be billed again."""
    CLOSE = "close"
    """They are never billed; the reason of the credit is theirs."""


@dataclass(frozen=True, slots=True)
class Take:
    """So much of a work row is to be taken back: of the sign that it has on the original."""

    row_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class CreditHead:
    """What a credit has of its own; see `Document` for the fields."""

    id: str
    key: str
    document_date: date
    original: OriginalDocument


def left(lines: Iterable[DocumentLine], credits: Iterable[DocumentLine]) -> dict[str, Decimal]:
    """Return what may still be taken back of each ledger row, by its id; rows with nothing left stay in with 0.

    lines    of the original.
    credits  lines of all its credits that are accepted or on their way.
    """
    remaining = {holding.ledger_id: holding.quantity for line in lines for holding in line.holdings}
    for line in credits:
        for holding in line.holdings:
            remaining[holding.ledger_id] += holding.quantity
    return remaining


def chosen(
    lines: Sequence[DocumentLine], remaining: Mapping[str, Decimal], takes: Sequence[Take] | None
) -> dict[str, Decimal]:
    """Return what a credit takes of each ledger row, by its id, without those of which it takes nothing.

    takes  None takes everything that is left. A work row that stands there in two billing rounds is taken from the
           first one first. Raises MoreThanLeft naming each wrong take below `/rows`, or if nothing is left at all.
    """
    if takes is None:
        taken = {ledger_id: quantity for ledger_id, quantity in remaining.items() if quantity}
        if not taken:
            raise MoreThanLeft("Everything on this document is credited already.")
        return taken
    places: dict[str, list[str]] = {}
    for line in lines:
        for holding in line.holdings:
            places.setdefault(holding.row_id, []).append(holding.ledger_id)
    free, taken, errors = dict(remaining), {}, []
    for index, take in enumerate(takes):
        wanted = take.quantity
        for ledger_id in places.get(take.row_id, ()):
            part = _at_most(wanted, free[ledger_id])
            free[ledger_id] -= part
            wanted -= part
            if part:
                taken[ledger_id] = taken.get(ledger_id, Decimal(0)) + part
        if wanted or not take.quantity:
            errors.append(_too_much(index, take, places, remaining))
    if errors:
        raise MoreThanLeft(errors=errors)
    return taken


def credit(original: Document, take: Mapping[str, Decimal], head: CreditHead, policy: VatPolicy) -> Document:
    """Make the credit of `original`.

    take    ledger row id → quantity, as `chosen` returns it.
    policy  how VAT is computed of a part. A credit of the whole is the original with the other sign, cent by cent,
            whatever the policy; the VAT of several partial credits, rounded each time, may differ from the original's
            by a cent.
    """
    if take == {holding.ledger_id: holding.quantity for line in original.lines for holding in line.holdings}:
        lines = tuple(_mirrored(line) for line in original.lines)
        groups = tuple(
            VatLine(group.category, group.rate_percent, -group.base, -group.vat) for group in original.vat_lines
        )
    else:
        parts = [part for line in original.lines if (part := _part(line, take)) is not None]
        numbered = [replace(line, position=n) for n, line in enumerate(parts, start=1)]
        lines = from_gross(numbered) if original.prices_include_vat else with_vat_shares(numbered, policy)
        groups = vat_lines(lines)
    net = sum((group.base for group in groups), ZERO)
    vat = sum((group.vat for group in groups), ZERO)
    return replace(
        original,
        id=head.id,
        key=head.key,
        document_date=head.document_date,
        due_date=head.document_date + timedelta(days=original.payer.payment_term_days),
        lines=lines,
        vat_lines=groups,
        net=net,
        vat=vat,
        gross=net + vat,
        text_before=heading(head.original, original.payer.language),
        reverses=head.original,
        batch_id=None,
        attachments=(),
    )


def heading(original: OriginalDocument, language: str) -> str:
    """Return the sentence on top of a credit, in fi, sv or en (fi for anything else): which invoice it credits."""
    template = _HEADINGS.get(language, _HEADINGS["fi"])
    day = original.document_date
    number = original.target_number or original.target_id or original.key
    return template.format(number=number, day=f"{day.day}.{day.month}.{day.year}")


_HEADINGS = {
    "fi": "Hyvityslasku laskuun {number}, {day}",
    "sv": "Kreditfaktura för faktura {number}, {day}",
    "en": "Credit note for invoice {number}, {day}",
}


def _at_most(wanted: Decimal, there: Decimal) -> Decimal:
    """So much of what is there as is wanted; nothing against its sign."""
    if wanted * there <= 0:
        return Decimal(0)
    return min(wanted, there) if wanted > 0 else max(wanted, there)


def _too_much(index: int, take: Take, places: Mapping[str, list[str]], remaining: Mapping[str, Decimal]) -> FieldError:
    if take.row_id not in places:
        return FieldError(f"/rows/{index}/row_id", "not_on_document", "This row is not on the document.")
    there = sum((remaining[ledger_id] for ledger_id in places[take.row_id]), Decimal(0))
    return FieldError(f"/rows/{index}/quantity", "more_than_left", f"{there:f} of this row can still be credited.")


def _mirrored(line: DocumentLine) -> DocumentLine:
    holdings = tuple(replace(holding, quantity=-holding.quantity) for holding in line.holdings)
    return replace(line, quantity=-line.quantity, net=-line.net, vat_share=-line.vat_share, holdings=holdings)


def _part(line: DocumentLine, take: Mapping[str, Decimal]) -> DocumentLine | None:
    holdings = tuple(
        Holding(holding.ledger_id, holding.row_id, -take[holding.ledger_id])
        for holding in line.holdings
        if holding.ledger_id in take
    )
    if not holdings:
        return None
    quantity = sum((holding.quantity for holding in holdings), Decimal(0))
    return replace(
        line,
        quantity=quantity,
        net=line_net(quantity, line.unit_price, line.discount_percent),
        vat_share=ZERO,
        row_ids=tuple(dict.fromkeys(holding.row_id for holding in holdings)),
        holdings=holdings,
    )
