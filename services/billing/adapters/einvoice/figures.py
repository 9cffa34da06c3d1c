"""Our own check of the cents, on the document and again on the finished file.

The official rules tolerate almost a euro in each VAT group and two cents in each line, and Finvoice checks no sum at
all: a file that passes them is not yet right. Here nothing may differ.
Source: finnish-billing sheet §4 (the one rule of rounding) and §11, pitfall 1.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.billing.adapters.einvoice.words import number
from services.billing.domain.compile import net_of
from services.billing.domain.document import Document, DocumentLine
from services.billing.domain.outcomes import Rejected
from shared.money import round_amount
from shared.vat import vat_of

CODE = "einvoice.totals_differ"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line as its file says. Net must be round₂(quantity × price ÷ base) − discount."""

    quantity: Decimal
    price: Decimal
    discount: Decimal
    net: Decimal
    category: str
    rate_percent: Decimal
    price_base: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """A VAT group as the file says."""

    category: str
    rate_percent: Decimal
    base: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """All numbers of a file, read back from its bytes, in the sign of our documents (credits negative).

    lines_net, payable  the sum of the lines and the amount to pay that the file states.
    """

    number: str
    currency: str
    lines: tuple[LineFigures, ...]
    groups: tuple[GroupFigures, ...]
    lines_net: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    payable: Decimal


def check_document(document: Document) -> Rejected | None:
    """Why the document's own sums cannot stand on an e-invoice; None if they can."""
    for index, line in enumerate(document.lines):
        difference = _of_line(line, f"/lines/{index}/net", document.prices_include_vat)
        if difference is not None:
            return difference
    groups = tuple(GroupFigures(each.category, each.rate_percent, each.base, each.vat) for each in document.vat_lines)
    nets = [(line.vat_category, line.vat_rate_percent, line.net) for line in document.lines]
    vat_rule = _vat_in if document.prices_include_vat else _vat_on
    return next(_sums(nets, groups, document.net, document.vat, document.gross, vat_rule), None)


def _of_line(line: DocumentLine, pointer: str, prices_include_vat: bool) -> Rejected | None:
    """A consumer's line begins with its total with VAT, and its net is that without VAT, to the nearest cents."""
    if not prices_include_vat:
        net = round_amount(line.quantity * line.unit_price * (100 - line.discount_percent) / 100)
        return _differs(f"line {line.position}", line.net, net, pointer) if net != line.net else None
    gross = round_amount(line.quantity * line.unit_price_gross * (100 - line.discount_percent) / 100)
    if gross != line.gross:
        return _differs(f"line {line.position} with VAT", line.gross, gross, pointer)
    net = net_of(gross, line.vat_rate_percent)
    return _differs(f"line {line.position}", line.net, net, pointer) if abs(net - line.net) > _CENT else None


def _vat_on(group: GroupFigures) -> Decimal:
    return vat_of(group.base, group.rate_percent)


def _vat_in(group: GroupFigures) -> Decimal:
    gross = group.base + group.vat
    return gross - net_of(gross, group.rate_percent)


def check_file(figures: Figures, document: Document) -> Rejected | None:
    """Why a finished file must not leave the house; None if every cent in it is the document's."""
    return next(_of_file(figures, document), None)


def _of_file(figures: Figures, document: Document) -> Iterator[Rejected]:
    if figures.currency != document.currency:
        yield Rejected(CODE, f"The file is in {figures.currency}, the document in {document.currency}.", "/currency")
    if len(figures.lines) != len(document.lines):
        yield Rejected(CODE, "The file has another number of lines than the document.", "/lines")
        return
    for index, (written, line) in enumerate(zip(figures.lines, document.lines, strict=True)):
        place = f"/lines/{index}"
        computed = round_amount(written.quantity * written.price / written.price_base) - written.discount
        if computed != written.net:
            yield _differs(f"line {line.position}", written.net, computed, f"{place}/net")
        for name in ("quantity", "net"):
            if getattr(written, name) != getattr(line, name):
                yield _differs(
                    f"{name} of line {line.position}", getattr(line, name), getattr(written, name), f"{place}/{name}"
                )
        net_price = line.unit_price * (100 - line.discount_percent) / 100
        # A consumer's price follows from the net, which has been compared.
        if not document.prices_include_vat and written.price not in (line.unit_price, net_price):
            yield Rejected(CODE, f"The file has another unit price on line {line.position}.", f"{place}/unit_price")
        if (written.category, written.rate_percent) != (line.vat_category, line.vat_rate_percent):
            yield Rejected(CODE, f"The file has another VAT on line {line.position}.", f"{place}/vat_rate_percent")
    nets = [(line.category, line.rate_percent, line.net) for line in figures.lines]
    vat_rule = _vat_in if document.prices_include_vat else _vat_on
    yield from _sums(nets, figures.groups, figures.net, figures.vat, figures.gross, vat_rule)
    for name, ours in (("net", document.net), ("vat", document.vat), ("gross", document.gross)):
        if getattr(figures, name) != ours:
            yield _differs(name, ours, getattr(figures, name), f"/{name}")
    if figures.lines_net != document.net:
        yield _differs("sum of the lines", document.net, figures.lines_net, "/net")
    if figures.payable != document.gross:
        yield _differs("amount to pay", document.gross, figures.payable, "/gross")


def _sums(
    nets: Sequence[tuple[str, Decimal, Decimal]],
    groups: Sequence[GroupFigures],
    net: Decimal,
    vat: Decimal,
    gross: Decimal,
    vat_rule: Callable[[GroupFigures], Decimal],
) -> Iterator[Rejected]:
    """Compare groups and totals with the lines: `nets` holds (category, rate, net) of each."""
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for category, rate_percent, line_net in nets:
        key = (category, rate_percent)
        bases[key] = bases.get(key, Decimal(0)) + line_net
    if sorted((each.category, each.rate_percent) for each in groups) != sorted(bases):
        yield Rejected(CODE, "The VAT rates of the lines and of the summary differ.", "/vat_lines")
        return
    for index, group in enumerate(groups):
        rate = f"{number(group.rate_percent)} % ({group.category})"
        base = bases[(group.category, group.rate_percent)]
        if base != group.base:
            yield _differs(f"base of {rate}", group.base, base, f"/vat_lines/{index}/base")
        if vat_rule(group) != group.vat:
            yield _differs(f"VAT of {rate}", group.vat, vat_rule(group), f"/vat_lines/{index}/vat")
    sums = (
        ("net", net, sum((each.base for each in groups), Decimal(0))),
        ("vat", vat, sum((each.vat for each in groups), Decimal(0))),
        ("gross", gross, net + vat),
    )
    for name, stated, computed in sums:
        if stated != computed:
            yield _differs(name, stated, computed, f"/{name}")


def _differs(what: str, ours: Decimal, computed: Decimal, pointer: str) -> Rejected:
    detail = (
        f"The sums do not agree, so nothing was sent: {what} is {number(ours, 2)}, computed {number(computed, 2)}. "
        "E-invoices compute VAT once for each rate, from the sum of its lines."
    )
    return Rejected(CODE, detail, pointer)
