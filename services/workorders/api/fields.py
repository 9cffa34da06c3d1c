"""Field types of this service's schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Moment(fields.AwareDateTime):
    """A moment with its zone (RFC 3339), between the years 2000 and 2200, read as UTC."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"example": "2026-11-21T14:30:00Z", **kwargs.pop("metadata", {})}
        super().__init__(format="iso", metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            in_utc = moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("Not a moment that can be stored.") from None
        if not _EARLIEST <= in_utc < _LATEST:
            raise ValidationError("The moment must lie between the years 2000 and 2200.")
        return in_utc
