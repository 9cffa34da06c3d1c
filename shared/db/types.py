"""Column types that are exact on every database.

SQLite has no exact decimal: a NUMERIC column there keeps a float. `ExactDecimal` therefore stores a whole number of
the smallest step on SQLite and NUMERIC on PostgreSQL; sums and comparisons in SQL are exact on both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal with a fixed number of decimals; refuses floats and values that it would have to round."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        """Take the number of digits in all (`precision`) and after the point (`scale`)."""
        super().__init__(precision, scale)
        self.digits = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose whole steps on SQLite, NUMERIC elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.digits, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Check the value; raises TypeError for a float, ValueError if it does not fit the scale."""
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("an exact column does not take a float")
        exact = Decimal(value)
        stepped = exact.scaleb(self.scale)
        if stepped != stepped.to_integral_value():
            raise ValueError(f"{exact} has more than {self.scale} decimals")
        if abs(stepped) >= 10**self.digits:
            raise ValueError(f"{exact} has more than {self.digits} digits")
        return int(stepped) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give back a Decimal with exactly the column's decimals (a sum may come as a wider number)."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.scale)
        return Decimal(value)


def Amount() -> ExactDecimal:
    """An amount of money, 2 decimals."""
    return ExactDecimal(14, 2)


def UnitPrice() -> ExactDecimal:
    """A price for one unit, 4 decimals."""
    return ExactDecimal(14, 4)


def Quantity() -> ExactDecimal:
    """A quantity in the row's unit, 3 decimals."""
    return ExactDecimal(14, 3)


def Rate() -> ExactDecimal:
    """A percentage, 2 decimals: 25.50 is 25.5 %."""
    return ExactDecimal(5, 2)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; stored as `timestamptz` on PostgreSQL, as naive UTC on SQLite, read back aware in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment (ValueError): nobody can know which zone was meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back an aware moment in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON value: JSONB on PostgreSQL."""
