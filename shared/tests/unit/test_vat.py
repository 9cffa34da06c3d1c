"""VAT rates are dated data: each change of law is seen on its day and not before."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.vat import RATES, NoVatRate, UnknownVatRate, VatClass, class_for_rate, is_current, rate_on, vat_of


@pytest.mark.parametrize(
    ("vat_class", "day", "rate"),
    [
        (VatClass.STANDARD, date(2024, 8, 31), "24"),
        (VatClass.STANDARD, date(2024, 9, 1), "25.5"),
        (VatClass.REDUCED, date(2025, 12, 31), "14"),
        (VatClass.REDUCED, date(2026, 1, 1), "13.5"),
        (VatClass.PRESS, date(2026, 9, 3), "10"),
        (VatClass.ZERO, date(2026, 9, 3), "0"),
    ],
)
def test_the_day_of_the_work_decides_the_rate(vat_class, day, rate):
    assert rate_on(vat_class, day) == Decimal(rate)


@pytest.mark.parametrize("vat_class", VatClass)
def test_periods_follow_each_other_without_gap_or_overlap(vat_class):
    periods = [rate for rate in RATES if rate.vat_class is vat_class]
    for earlier, later in zip(periods, periods[1:], strict=False):
        assert earlier.last is not None
        assert later.first == earlier.last + timedelta(days=1)
    assert periods[-1].last is None


def test_days_before_the_table_are_not_guessed():
    with pytest.raises(NoVatRate):
        rate_on(VatClass.STANDARD, date(2012, 12, 31))


@pytest.mark.parametrize(
    ("rate", "vat_class"),
    [
        ("25.5", VatClass.STANDARD),
        ("25.50", VatClass.STANDARD),
        ("24", VatClass.STANDARD),
        ("13.5", VatClass.REDUCED),
        ("14", VatClass.REDUCED),
        ("10", VatClass.PRESS),
        ("0", VatClass.ZERO),
    ],
)
def test_a_rate_names_its_class(rate, vat_class):
    assert class_for_rate(Decimal(rate)) is vat_class


def test_unknown_and_outdated_rates_are_told_apart():
    with pytest.raises(UnknownVatRate):
        class_for_rate(Decimal("22"))
    with pytest.raises(UnknownVatRate):
        class_for_rate(Decimal("24"), date(2026, 1, 1))
    assert not is_current(Decimal("24"), date(2026, 1, 1))
    assert is_current(Decimal("25.5"), date(2026, 1, 1))


def test_vat_of_the_sum_is_not_the_sum_of_the_vats():
    """domain.md §11.3: three lines of 99.99."""
    assert vat_of(Decimal("299.97"), Decimal("25.5")) == Decimal("76.49")
    assert 3 * vat_of(Decimal("99.99"), Decimal("25.5")) == Decimal("76.50")
