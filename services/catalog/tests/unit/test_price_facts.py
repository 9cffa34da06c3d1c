"""Prices of a list that is made from another one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.catalog.domain.price_facts import adjusted


@pytest.mark.parametrize(
    ("price", "percent", "step", "expected"),
    [
        ("57.75", "3.5", "0.05", "59.75"),
        ("1.00", "0.5", "0.01", "1.01"),  # 1.005: half away from zero
        ("10", "-10", "1", "9"),
        ("1.4520", "0", "0.0001", "1.4520"),
    ],
)
def test_an_adjusted_price_is_rounded_to_the_step(price: str, percent: str, step: str, expected: str) -> None:
    assert adjusted(Decimal(price), Decimal(percent), Decimal(step)) == Decimal(expected)
