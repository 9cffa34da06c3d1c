"""Rounding happens at named places, half away from zero, and nothing is lost in sharing."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.money import (
    CannotSpread,
    InvalidDiscount,
    MixedCurrencies,
    Money,
    NotADecimal,
    line_net,
    parse_finnish_decimal,
    round_amount,
    round_quantity,
    round_unit_price,
    spread,
)

D = Decimal


@pytest.mark.parametrize(
    ("rounding", "value", "expected"),
    [
        (round_amount, "0.125", "0.13"),
        (round_amount, "-0.125", "-0.13"),
        (round_amount, "2.675", "2.68"),
        (round_amount, "2.6749999", "2.67"),
        (round_unit_price, "1.45205", "1.4521"),
        (round_quantity, "-0.3335", "-0.334"),
    ],
)
def test_rounding_is_half_away_from_zero(rounding, value, expected):
    assert str(rounding(D(value))) == expected


@pytest.mark.parametrize("value", [0.1, 1, "1"])
def test_only_decimals_are_rounded(value):
    with pytest.raises(TypeError):
        round_amount(value)


def test_what_is_not_a_number_is_no_amount():
    with pytest.raises(NotADecimal):
        round_amount(D("NaN"))


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "expected"),
    [
        ("17", "1.4520", "0", "24.68"),
        ("0.333", "57.75", "0", "19.23"),
        ("3", "99.99", "8", "275.97"),
        ("-2", "9.80", "0", "-19.60"),
        ("1", "0.125", "0", "0.13"),
        ("-1", "0.125", "0", "-0.13"),
        ("5", "10", "100", "0.00"),
    ],
)
def test_a_line_is_rounded_once(quantity, price, discount, expected):
    assert str(line_net(D(quantity), D(price), D(discount))) == expected


def test_the_widest_values_the_database_holds_are_exact():
    assert line_net(D("99999999999.999"), D("9999999999.9999")) == D("999999999999980000000.00")


@pytest.mark.parametrize("discount", ["-0.01", "100.01"])
def test_a_discount_never_turns_the_sign(discount):
    with pytest.raises(InvalidDiscount):
        line_net(D(1), D(1), D(discount))


cents = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=10_000, places=3), min_size=1, max_size=30)


@settings(deadline=None)
@given(total=cents, weights=weights)
def test_shares_add_up_to_the_total_exactly(total, weights):
    shares = spread(total, weights)
    assert sum(shares) == total
    assert all(share == round_amount(share) for share in shares)


@settings(deadline=None)
@given(total=cents, weights=weights)
def test_no_share_is_a_whole_cent_off(total, weights):
    whole = sum(weights)
    for share, weight in zip(spread(total, weights), weights, strict=True):
        exact = total * weight / whole if whole else total / len(weights)
        assert abs(share - exact) < D("0.01") + D("1e-15")


@settings(deadline=None)
@given(total=cents, weights=weights)
def test_a_credit_takes_back_what_the_charge_gave(total, weights):
    assert spread(-total, weights) == tuple(-share for share in spread(total, weights))


def test_vat_of_the_rows_adds_up_to_the_vat_of_the_sum():
    """finnish-billing.md §4, the cent trap: 125.93, though the rows' own VAT rounds to 125.92."""
    shares = spread(D("125.93"), [D("377.00"), D("54.60"), D("37.35"), D("24.88")])
    assert [str(share) for share in shares] == ["96.14", "13.92", "9.52", "6.35"]


def test_nothing_is_shared_over_nobody():
    assert spread(D(0), []) == ()
    with pytest.raises(CannotSpread):
        spread(D(1), [])


def test_a_total_finer_than_the_step_is_refused():
    with pytest.raises(CannotSpread):
        spread(D("0.001"), [D(1)])


def test_currencies_do_not_mix():
    assert Money(D("1.005")) + Money(D("2")) == Money(D("3.005"))
    assert Money(D("1.005")).rounded() == Money(D("1.01"))
    with pytest.raises(MixedCurrencies):
        Money(D(1)) + Money(D(1), "SEK")
    with pytest.raises(MixedCurrencies):
        assert Money(D(1)) < Money(D(2), "SEK")
    with pytest.raises(TypeError):
        Money(0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234\u202f567,5", "1234567.5"),
        ("103,2993 €", "103.2993"),
        ("12,50\u00a0€", "12.50"),
        ("€ 5", "5"),
        ("EUR 5,00", "5.00"),
        ("5e", "5"),
        ("12.5", "12.5"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1,234", "1.234"),
        (",5", "0.5"),
        ("\u22125,00", "-5.00"),
        ("+7", "7"),
        ("  8  ", "8"),
    ],
)
def test_numbers_are_read_as_finns_write_them(text, expected):
    assert parse_finnish_decimal(text) == D(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "€",
        "14 pv",
        "sop.",
        "1 23",
        "1234 567",
        "12,",
        "1,2,3",
        "1e5",
        "NaN",
        "Infinity",
        "٣",
        "9" * 21,
        "5 %",
        "0x1",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(NotADecimal):
        parse_finnish_decimal(text)


@settings(deadline=None)
@given(
    value=st.decimals(min_value=-(10**10), max_value=10**10, places=4),
    space=st.sampled_from(["", " ", "\u00a0", "\u202f"]),
    mark=st.sampled_from([",", "."]),
    euro=st.sampled_from(["", " €", "€", "\u00a0EUR"]),
)
def test_every_number_written_in_finnish_is_read_back(value, space, mark, euro):
    written = f"{value:,.4f}".replace(".", "#").replace(",", space).replace("#", mark)
    assert parse_finnish_decimal(written + euro) == value


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_does_worse_than_not_a_decimal(text):
    with contextlib.suppress(NotADecimal):
        assert parse_finnish_decimal(text).is_finite()
