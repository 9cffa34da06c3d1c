"""Exact numbers and moments, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from shared.db import Database
from shared.tests.things import Thing, somebody, store


def read_back(database: Database, code: str = "a") -> Thing:
    with database.read(somebody()) as uow:
        return uow.session.scalars(select(Thing).where(Thing.code == code)).one()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0.10"),
        ("amount", "-0.01"),
        ("amount", "999999999999.99"),
        ("amount", "-999999999999.99"),
        ("price", "103.2993"),
        ("price", "9999999999.9999"),
        ("quantity", "0.001"),
        ("rate", "25.50"),
    ],
)
def test_a_decimal_comes_back_as_it_was_stored(database: Database, field: str, value: str) -> None:
    store(database, Thing(code="a", **{field: Decimal(value)}))

    assert str(getattr(read_back(database), field)) == value


def test_a_decimal_comes_back_with_all_decimals_of_its_column(database: Database) -> None:
    store(database, Thing(code="a", amount=Decimal("5"), price=Decimal("5"), quantity=Decimal("5"), rate=Decimal("5")))
    thing = read_back(database)

    assert [str(v) for v in (thing.amount, thing.price, thing.quantity, thing.rate)] == [
        "5.00",
        "5.0000",
        "5.000",
        "5.00",
    ]


def test_sums_comparisons_and_order_in_sql_are_exact(database: Database) -> None:
    store(database, *(Thing(code=f"t{n:04}", amount=Decimal("0.10")) for n in range(1000)))
    store(database, Thing(code="large", amount=Decimal("90071992547.41")), Thing(code="minus", amount=Decimal("-0.01")))
    with database.read(somebody()) as uow:
        total = uow.session.scalar(select(func.sum(Thing.amount)))
        tenths = uow.session.scalar(select(func.count()).where(Thing.amount == Decimal("0.1")))
        above = list(uow.session.scalars(select(Thing.code).where(Thing.amount > Decimal("0.10"))))
        ends = list(uow.session.scalars(select(Thing.code).order_by(Thing.amount).limit(1)))
        nothing = uow.session.scalar(select(func.sum(Thing.amount)).where(Thing.code == "nobody"))

    assert str(total) == "90071992647.40"
    assert tenths == 1000
    assert above == ["large"]
    assert ends == ["minus"]
    assert nothing is None


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("amount", 0.1, TypeError),
        ("amount", Decimal("0.001"), ValueError),
        ("price", Decimal("0.00001"), ValueError),
        ("quantity", Decimal("1.2345"), ValueError),
        ("amount", Decimal("1000000000000"), ValueError),
        ("rate", Decimal("1000"), ValueError),
        ("amount", Decimal("NaN"), ValueError),
        ("amount", Decimal("Infinity"), ValueError),
    ],
)
def test_what_is_not_exact_or_does_not_fit_is_refused(
    database: Database, field: str, value: Any, cause: type[Exception]
) -> None:
    with pytest.raises(StatementError) as refusal:
        store(database, Thing(code="a", **{field: value}))

    assert isinstance(refusal.value.orig, cause)


def test_a_comparison_with_a_float_is_refused(database: Database) -> None:
    with database.read(somebody()) as uow, pytest.raises(StatementError):
        uow.session.scalars(select(Thing).where(Thing.amount == 0.1)).all()


def test_moments_of_any_zone_come_back_in_utc_and_sort_by_time(database: Database) -> None:
    early = datetime(2026, 6, 30, 23, 30, 0, 123456, tzinfo=UTC)
    late = datetime(2026, 7, 1, 3, 0, tzinfo=timezone(timedelta(hours=3)))  # midnight UTC, a larger wall clock
    store(database, Thing(code="late", due_at=late), Thing(code="a", due_at=early))
    with database.read(somebody()) as uow:
        order = list(uow.session.scalars(select(Thing.code).order_by(Thing.due_at)))
        after = list(uow.session.scalars(select(Thing.code).where(Thing.due_at > early.astimezone(late.tzinfo))))

    assert read_back(database).due_at == early
    assert read_back(database).due_at.tzinfo is UTC  # type: ignore[union-attr]
    assert read_back(database, "late").due_at == late
    assert order == ["a", "late"]
    assert after == ["late"]


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError) as refusal:
        store(database, Thing(code="a", due_at=datetime(2026, 1, 1)))

    assert isinstance(refusal.value.orig, ValueError)


def test_a_day_stays_a_day(database: Database) -> None:
    store(database, Thing(code="a", made_on=date(2026, 2, 28)))

    assert read_back(database).made_on == date(2026, 2, 28)
