"""Credits take back what is left, and a whole credit is the original with the other sign."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import reversal
from services.billing.domain.compile import MergePolicy, VatPolicy
from services.billing.domain.document import Document, OriginalDocument
from services.billing.domain.errors import MoreThanLeft
from services.billing.domain.reversal import CreditHead, Take
from services.billing.tests.unit.builders import a_document, a_row

D = Decimal
ORIGINAL = OriginalDocument("document-1", "URK-1", date(2026, 11, 20), "i1", "10027")
HEAD = CreditHead("credit-1", "URK-2", date(2026, 11, 25), ORIGINAL)


def the_original(*quantities: str) -> Document:
    rows = [
        a_row(row_id=f"r{n}", ledger_id=f"l{n}", position=n, quantity=quantity)
        for n, quantity in enumerate(quantities or ("8",))
    ]
    return a_document(*rows)


def credit(document: Document, takes: list[Take] | None, *earlier: Document) -> Document:
    remaining = reversal.left(document.lines, [line for each in earlier for line in each.lines])
    take = reversal.chosen(document.lines, remaining, takes)
    return reversal.credit(document, take, HEAD, VatPolicy.PER_RATE)


def test_a_whole_credit_is_the_original_with_the_other_sign() -> None:
    original = the_original("8", "0.333")
    found = credit(original, None)
    assert (found.net, found.vat, found.gross) == (-original.net, -original.vat, -original.gross)
    assert [line.quantity for line in found.lines] == [-line.quantity for line in original.lines]
    assert [line.unit_price for line in found.lines] == [line.unit_price for line in original.lines]
    assert found.reverses == ORIGINAL
    assert found.text_before == "Hyvityslasku laskuun 10027, 20.11.2026"
    assert found.due_date == date(2026, 12, 9)


def test_a_part_is_computed_anew_with_the_original_prices() -> None:
    found = credit(the_original("8"), [Take("r0", D("3.5"))])
    (line,) = found.lines
    assert (line.quantity, line.net, found.vat, found.gross) == (D("-3.5"), D("-157.50"), D("-40.16"), D("-197.66"))
    assert [(each.ledger_id, each.quantity) for each in line.holdings] == [("l0", D("-3.5"))]


def test_what_is_credited_already_is_not_there_any_more() -> None:
    original = the_original("8")
    first = credit(original, [Take("r0", D("3.5"))])
    with pytest.raises(MoreThanLeft) as refused:
        credit(original, [Take("r0", D("4.501"))], first)
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/rows/0/quantity", "more_than_left")]
    rest = credit(original, None, first)
    assert [line.quantity for line in rest.lines] == [D("-4.5")]
    with pytest.raises(MoreThanLeft):
        credit(original, None, first, rest)


@pytest.mark.parametrize(
    ("take", "code"),
    [
        (Take("r9", D(1)), "not_on_document"),
        (Take("r0", D(-1)), "more_than_left"),
        (Take("r0", D(0)), "more_than_left"),
        (Take("r1", D(1)), "more_than_left"),
    ],
)
def test_a_wrong_take_is_named(take: Take, code: str) -> None:
    with pytest.raises(MoreThanLeft) as refused:
        credit(the_original("8", "-2"), [take])
    assert [each.code for each in refused.value.errors] == [code]


def test_returned_material_is_credited_with_its_own_sign() -> None:
    found = credit(the_original("8", "-2"), [Take("r1", D("-0.5"))])
    assert [line.quantity for line in found.lines] == [D("0.5")]
    assert found.gross > 0


def test_a_work_row_of_two_rounds_is_taken_from_the_first_one_first() -> None:
    rows = [a_row(row_id="r", ledger_id=f"l{n}", position=n, quantity=str(n)) for n in (1, 2)]
    found = credit(a_document(*rows), [Take("r", D("1.5"))])
    assert [(each.ledger_id, each.quantity) for each in found.lines[0].holdings] == [("l1", D(-1)), ("l2", D("-0.5"))]


@given(
    quantities=st.lists(st.decimals("-99", "99", places=3).filter(bool), min_size=1, max_size=6),
    parts=st.lists(st.decimals("0.1", "0.9", places=1), min_size=6, max_size=6),
)
def test_part_and_rest_take_every_thousandth_and_at_most_a_cent_of_vat_for_each_rate(
    quantities: list[Decimal], parts: list[Decimal]
) -> None:
    rows = [
        a_row(row_id=f"r{n}", ledger_id=f"l{n}", position=n, quantity=quantity, unit_price="33.3333")
        for n, quantity in enumerate(quantities)
    ]
    original = a_document(*rows, merge=MergePolicy(merge=False))
    takes = [
        Take(f"r{n}", part)
        for n, quantity in enumerate(quantities)
        if (part := (quantity * parts[n]).quantize(D("0.001")))
    ]
    if not takes:
        return
    first = credit(original, takes)
    credits = [first]
    if any(reversal.left(original.lines, first.lines).values()):
        credits.append(credit(original, None, first))
    left = reversal.left(original.lines, [line for each in credits for line in each.lines])
    assert set(left.values()) == {D(0)}
    lines = len(original.lines)
    assert abs(original.net + sum(each.net for each in credits)) <= D("0.01") * lines
    for each in credits:
        assert each.gross == each.net + each.vat == sum(line.net + line.vat_share for line in each.lines)


def test_the_heading_names_what_the_buyer_saw() -> None:
    without_number = replace(ORIGINAL, target_number=None)
    assert reversal.heading(without_number, "sv") == "Kreditfaktura för faktura i1, 20.11.2026"
    assert reversal.heading(ORIGINAL, "xx").startswith("Hyvityslasku")
