"""Rows → lines, VAT and totals. Baskets 1–3 are those of the domain sheet, section 11.3."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.compile import (
    MergePolicy,
    VatPolicy,
    compile_lines,
    preflight,
    vat_lines,
)
from services.billing.domain.errors import InvalidRow, MixedDocument
from services.billing.domain.rows import ApprovedRow, is_construction_seller
from services.billing.tests.unit.builders import a_document, a_party, a_row
from shared.money import spread
from shared.vat import VatClass, rate_on

D = Decimal
EACH = MergePolicy(merge=False)


def test_basket_1_vat_on_the_sum_of_the_rate() -> None:
    rows = [a_row(row_id=f"r{n}", position=n, unit_price="99.99") for n in range(3)]
    lines = compile_lines(rows, EACH)
    assert [line.net for line in lines] == [D("99.99")] * 3
    assert [line.vat_share for line in lines] == [D("25.50"), D("25.50"), D("25.49")]
    (group,) = vat_lines(lines)
    assert (group.base, group.vat) == (D("299.97"), D("76.49"))


def test_basket_1_vat_per_line_gives_a_cent_more() -> None:
    rows = [a_row(row_id=f"r{n}", position=n, unit_price="99.99") for n in range(3)]
    lines = compile_lines(rows, EACH, VatPolicy.PER_LINE)
    assert [line.vat_share for line in lines] == [D("25.50")] * 3
    (group,) = vat_lines(lines)
    assert (group.base, group.vat) == (D("299.97"), D("76.50"))


def test_basket_2_four_decimal_prices_are_rounded_once_per_line() -> None:
    cable = a_row(unit="m", quantity="17", unit_price="1.4520")
    (line,) = compile_lines([cable], MergePolicy())
    assert line.net == D("24.68")  # 24.6840


def test_basket_2_three_decimals_of_an_hour() -> None:
    (line,) = compile_lines([a_row(quantity="0.333", unit_price="57.75")], MergePolicy())
    assert line.net == D("19.23")  # 19.23075


def test_basket_2_a_fourth_decimal_of_an_hour_is_refused() -> None:
    with pytest.raises(InvalidRow) as refused:
        compile_lines([a_row(quantity="0.3333", unit_price="57.75")], MergePolicy())
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/quantity", "too_many_decimals")]


def test_basket_2_a_set_with_a_discount_shares_exactly() -> None:
    set_price = D("100.00")
    shares = spread(set_price, [D("9.80"), D("48.50"), D("57.75")])
    assert sum(shares) == set_price
    rows = [
        a_row(row_id=f"r{n}", position=n, unit_price=str(share), discount_percent="8") for n, share in enumerate(shares)
    ]
    document = a_document(*rows, merge=EACH)
    assert document.net == sum(line.net for line in document.lines) == D("92.00")
    assert sum(line.vat_share for line in document.lines) == document.vat == D("23.46")


def test_basket_3_rows_on_both_sides_of_a_vat_change_get_a_group_each() -> None:
    days = (date(2025, 12, 31), date(2026, 1, 1))
    rows = [
        a_row(
            row_id=f"r{n}",
            position=n,
            work_date=day,
            unit_price="100",
            vat_class="reduced",
            vat_rate_percent=rate_on(VatClass.REDUCED, day),
        )
        for n, day in enumerate(days)
    ]
    document = a_document(*rows)
    assert [(group.rate_percent, group.base, group.vat) for group in document.vat_lines] == [
        (D("14"), D("100.00"), D("14.00")),
        (D("13.5"), D("100.00"), D("13.50")),
    ]
    assert document.gross == D("227.50")
    assert document.performed_on == days[1]


def test_basket_7_goods_alone_are_never_under_reverse_charge() -> None:
    goods = a_row(product_kind="material", quantity="10", unit_price="9.80", buyer_is_construction_seller=True)
    service = a_row(row_id="2", position=2, construction_service=True, buyer_is_construction_seller=True)
    (line,) = compile_lines([goods], MergePolicy())
    assert (line.vat_category, line.vat_rate_percent, line.vat_share) == ("S", Decimal("25.5"), Decimal("24.99"))
    both = vat_lines(compile_lines([goods, service], MergePolicy()))
    assert [(group.category, group.base, group.vat) for group in both] == [
        ("AE", Decimal("45.00"), Decimal("0.00")),
        ("S", Decimal("98.00"), Decimal("24.99")),
    ]


@pytest.mark.parametrize(
    ("quantity", "price", "net"),
    [("1", "0.125", "0.13"), ("-1", "0.125", "-0.13"), ("0.5", "0.01", "0.01"), ("1", "0.1249", "0.12")],
)
def test_half_a_cent_goes_away_from_zero(quantity: str, price: str, net: str) -> None:
    (line,) = compile_lines([a_row(quantity=quantity, unit_price=price)], MergePolicy())
    assert line.net == D(net)


def test_half_a_cent_of_vat_goes_away_from_zero() -> None:
    document = a_document(a_row(quantity="1", unit_price="0.10", vat_rate_percent="25"))
    assert document.vat == D("0.03")  # 0.025
    credit = a_document(a_row(quantity="-1", unit_price="0.10", vat_rate_percent="25"))
    assert credit.vat == D("-0.03")


def test_rows_of_one_product_and_price_share_a_line_and_a_return_does_not() -> None:
    rows = [
        a_row(row_id="a", position=1, quantity="2.5"),
        a_row(row_id="b", position=2, quantity="1.25"),
        a_row(row_id="c", position=3, quantity="-1"),
        a_row(row_id="d", position=4, unit_price="58"),
    ]
    lines = compile_lines(rows, MergePolicy())
    assert [(line.quantity, line.row_ids) for line in lines] == [
        (D("3.75"), ("a", "b")),
        (D("-1"), ("c",)),
        (D("1"), ("d",)),
    ]
    assert [line.position for line in lines] == [1, 2, 3]


def test_a_discount_is_shown_and_taken_into_the_line() -> None:
    (line,) = compile_lines([a_row(quantity="3", unit_price="57.75", discount_percent="8")], MergePolicy())
    assert (line.unit_price, line.discount_percent, line.net) == (D("57.75"), D("8"), D("159.39"))


def test_reverse_charge_needs_the_product_and_the_customer() -> None:
    rows = [
        a_row(
            row_id=f"r{service}{seller}",
            position=n,
            construction_service=service,
            buyer_is_construction_seller=seller,
        )
        for n, (service, seller) in enumerate([(True, True), (True, False), (False, True)])
    ]
    assert [row.vat_category for row in rows] == ["AE", "S", "S"]
    document = a_document(*rows, payer=a_party(vat_number="FI90000118"))
    assert [(group.category, group.rate_percent, group.vat) for group in document.vat_lines] == [
        ("AE", D("0"), D("0.00")),
        ("S", D("25.5"), D("22.95")),
    ]


def test_the_customer_is_a_construction_seller_from_a_day_on_and_a_private_person_never() -> None:
    confirmed = date(2026, 3, 1)
    assert is_construction_seller("company", confirmed, None, date(2026, 3, 1))
    assert not is_construction_seller("company", confirmed, None, date(2026, 2, 28))
    assert not is_construction_seller("company", None, None, date(2026, 3, 1))
    assert not is_construction_seller("private", confirmed, None, date(2026, 3, 1))
    last = date(2026, 6, 30)
    assert is_construction_seller("company", confirmed, last, last)
    assert not is_construction_seller("company", confirmed, last, date(2026, 7, 1))


def test_reverse_charge_without_any_id_of_the_buyer_is_found_before_sending() -> None:
    row = a_row(construction_service=True, buyer_is_construction_seller=True)
    nameless = a_party(vat_number=None, business_id=None)
    assert [each.code for each in preflight(a_document(row, payer=nameless))] == ["payer.vat_number_missing"]
    assert preflight(a_document(row)) == ()


def test_zero_rate_is_its_own_category() -> None:
    (group,) = a_document(a_row(vat_class="zero", vat_rate_percent="0")).vat_lines
    assert (group.category, group.vat) == ("Z", D("0.00"))


@pytest.mark.parametrize("change", [{"payer_id": "customer-2"}, {"currency": "SEK"}])
def test_rows_of_two_payers_or_currencies_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(MixedDocument):
        compile_lines([a_row(), a_row(row_id="r2", **change)], MergePolicy())


def test_a_row_that_comes_twice_is_refused() -> None:
    with pytest.raises(InvalidRow):
        compile_lines([a_row(), a_row()], MergePolicy())


def test_all_wrong_fields_of_a_row_are_named_at_once() -> None:
    wrong = a_row(quantity="0", unit_price="-1.00001", discount_percent="101")
    with pytest.raises(InvalidRow) as refused:
        compile_lines([wrong], MergePolicy())
    assert {each.pointer for each in refused.value.errors} == {
        "/quantity",
        "/unit_price",
        "/discount_percent",
    }


def test_the_products_text_in_the_payers_language_replaces_the_rows() -> None:
    rows = [a_row(row_id="a", description="pumppu"), a_row(row_id="b", position=2, description="venttiili")]
    (line,) = compile_lines(rows, MergePolicy(texts={"product-huolto": "Fastighetsskötare, arbetstid"}))
    assert line.text == "Fastighetsskötare, arbetstid"
    assert len(compile_lines(rows, MergePolicy())) == 2


def test_a_collective_invoice_names_the_order_on_each_line() -> None:
    rows = [a_row(row_id="a"), a_row(row_id="b", workorder_id="order-2", workorder_number="1002")]
    lines = compile_lines(rows, MergePolicy(name_orders=True))
    assert [line.text[:5] for line in lines] == ["1001 ", "1002 "]


def test_the_due_date_follows_the_payers_term() -> None:
    document = a_document(a_row(), payer=a_party(payment_term_days=30))
    assert document.due_date == date(2026, 12, 20)


# --- properties ---

_quantities = st.decimals("-50", "50", places=3).filter(bool)
_rows = st.lists(
    st.builds(
        a_row,
        workorder_id=st.sampled_from(["order-1", "order-2"]),
        product_id=st.sampled_from(["p1", "p2", "p3"]),
        quantity=_quantities,
        unit_price=st.sampled_from(["45", "1.4520", "99.99", "0.005", "33.87"]),
        discount_percent=st.sampled_from(["0", "8", "33.33"]),
        vat_rate_percent=st.sampled_from(["25.5", "13.5", "10", "0"]),
        construction_service=st.booleans(),
        buyer_is_construction_seller=st.booleans(),
    ),
    min_size=1,
    max_size=25,
).map(
    lambda rows: [
        replace(row, row_id=f"r{n}", position=n, workorder_number=row.workorder_id) for n, row in enumerate(rows)
    ]
)
_policies = st.builds(MergePolicy, merge=st.booleans(), across_orders=st.booleans())


@given(_rows, _policies, st.sampled_from(VatPolicy), st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_lines(
    rows: list[ApprovedRow], policy: MergePolicy, vat: VatPolicy, rng: random.Random
) -> None:
    shuffled = rng.sample(rows, len(rows))
    assert compile_lines(shuffled, policy, vat) == compile_lines(rows, policy, vat)


@given(_rows, _policies)
def test_every_row_is_in_one_line_and_quantities_add_up(rows: list[ApprovedRow], policy: MergePolicy) -> None:
    lines = compile_lines(rows, policy)
    named = [row_id for line in lines for row_id in line.row_ids]
    assert sorted(named) == sorted(row.row_id for row in rows)
    by_id = {row.row_id: row for row in rows}
    for line in lines:
        assert line.quantity == sum(by_id[row_id].quantity for row_id in line.row_ids)
    assert sum(line.quantity for line in lines) == sum(row.quantity for row in rows)


@given(_rows, _policies, st.sampled_from(VatPolicy))
def test_totals_are_the_sums_of_the_lines(rows: list[ApprovedRow], policy: MergePolicy, vat: VatPolicy) -> None:
    lines = compile_lines(rows, policy, vat)
    groups = vat_lines(lines)
    assert sum(group.base for group in groups) == sum(line.net for line in lines)
    assert sum(group.vat for group in groups) == sum(line.vat_share for line in lines)
    for group in groups:
        assert group.vat == group.vat.quantize(D("0.01"))
        if group.category != "S":
            assert group.vat == 0


@given(_rows, _policies)
def test_a_lines_vat_is_never_more_than_a_cent_from_its_own(rows: list[ApprovedRow], policy: MergePolicy) -> None:
    for line in compile_lines(rows, policy):
        assert abs(line.vat_share - line.net * line.vat_rate_percent / 100) < D("0.01")


@given(_rows)
def test_the_credit_of_everything_is_the_mirror_image(rows: list[ApprovedRow]) -> None:
    back = [replace(row, quantity=-row.quantity) for row in rows]
    ours, theirs = a_document(*rows), a_document(*back)
    assert (theirs.net, theirs.vat, theirs.gross) == (-ours.net, -ours.vat, -ours.gross)
    assert [line.vat_share for line in theirs.lines] == [-line.vat_share for line in ours.lines]
