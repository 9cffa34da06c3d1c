"""Schema base and field types that all services share."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from shared.ids import is_id

_PLAIN_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Schema(ma.Schema):
    """Base of input and output schemas: unknown fields are refused, fields come out in the order written."""

    class Meta:
        unknown = ma.RAISE


class Text(fields.String):
    """Text with a maximum length, trimmed, without control characters (line breaks and tabs are fine)."""

    def __init__(self, max_length: int, *, min_length: int = 0, **kwargs: Any) -> None:
        """Take the limits in characters; the minimum counts after trimming."""
        checks = kwargs.pop("validate", [])
        checks = [checks] if callable(checks) else list(checks)
        super().__init__(validate=[validate.Length(min=min_length, max=max_length), *checks], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if any(ord(character) < 32 and character not in "\n\r\t" for character in text):
            raise ma.ValidationError("Control characters are not allowed.")
        if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            raise ma.ValidationError("The text is not valid Unicode.")
        return text.strip()


class IdString(fields.String):
    """An id: a UUID as 36 lower-case characters."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {
            "format": "uuid",
            "example": "01939f6a-7c00-7cc0-8f00-2b5a1d3e4f60",
            **kwargs.pop("metadata", {}),
        }
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_id(text):
            raise ma.ValidationError("Not an id: expected a UUID in lower case.")
        return text


class Moment(fields.AwareDateTime):
    """A moment with its zone (RFC 3339), between the years 2000 and 2200, read as UTC."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"example": "2026-11-21T20:15:00+02:00", **kwargs.pop("metadata", {})}
        super().__init__(format="iso", metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            in_utc = moment.astimezone(UTC)
        except OverflowError:
            raise ma.ValidationError("Not a moment that can be stored.") from None
        if not _EARLIEST <= in_utc < _LATEST:
            raise ma.ValidationError("The moment must lie between the years 2000 and 2200.")
        return in_utc


class DecimalString(fields.Field[Decimal]):
    """A decimal number as a string, with a fixed largest number of decimals; never a JSON number.

    A JSON number would have passed through binary floating point in most clients.
    """

    def __init__(
        self,
        places: int,
        *,
        minimum: Decimal | None = None,
        maximum: Decimal | None = None,
        digits: int = 12,
        **kwargs: Any,
    ) -> None:
        """Take the largest number of decimals (`places`) and digits before the point, and inclusive limits."""
        pattern = rf"^-?[0-9]{{1,{digits - places}}}(\.[0-9]{{1,{places}}})?$"
        metadata = {"pattern": pattern, "example": "12.50", **kwargs.pop("metadata", {})}
        super().__init__(metadata={"type": "string", **metadata}, **kwargs)
        self.places = places
        self.minimum = minimum
        self.maximum = maximum
        self.whole_digits = digits - places

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str) or not _PLAIN_DECIMAL.fullmatch(value):
            raise ma.ValidationError('Expected a decimal number as a string, e.g. "12.50".')
        number = Decimal(value)
        if -int(number.as_tuple().exponent) > self.places:
            raise ma.ValidationError(f"At most {self.places} decimals.")
        if abs(number) >= Decimal(10) ** self.whole_digits:
            raise ma.ValidationError(f"At most {self.whole_digits} digits before the point.")
        if self.minimum is not None and number < self.minimum:
            raise ma.ValidationError(f"Must be at least {self.minimum}.")
        if self.maximum is not None and number > self.maximum:
            raise ma.ValidationError(f"Must be at most {self.maximum}.")
        return number

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else format(value, "f")
