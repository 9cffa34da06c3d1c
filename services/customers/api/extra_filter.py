"""Filtering a list by one of the tenant's own fields."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from services.customers.app.extra_fields import known_fields
from services.customers.domain.errors import InvalidExtraField
from services.customers.domain.extra_fields import ExtraField, ExtraRegister, ExtraType, read_value
from shared.db import UnitOfWork
from shared.db.search_pages import mark
from shared.errors import FieldError


def with_extra(
    uow: UnitOfWork,
    statement: Select[Any],
    query: dict[str, Any],
    register: ExtraRegister,
    column: InstrumentedAttribute[dict[str, Any]],
) -> Select[Any]:
    """Narrow a list to the records whose own field `extra_field` is exactly `extra_value`, if both are asked for.

    column  `extra` of the register's table. Raises InvalidExtraField.
    """
    if "extra_field" not in query:
        return statement
    field, value = _asked(uow, query, register)
    stored: Any = column[field.key]
    condition: ColumnElement[bool] = (
        stored.as_boolean() == value if field.type is ExtraType.YES_NO else stored.as_string() == value
    )
    return statement.where(condition)


def extra_mark(uow: UnitOfWork, query: dict[str, Any], register: ExtraRegister) -> str | None:
    """Return the mark of the records whose own field is asked for; None if none is, or for those without a value.

    Raises InvalidExtraField.
    """
    if "extra_field" not in query:
        return None
    field, value = _asked(uow, query, register)
    return None if value is None else mark(field.key, value)


def _asked(uow: UnitOfWork, query: dict[str, Any], register: ExtraRegister) -> tuple[ExtraField, Any]:
    field = known_fields(uow, register).get(query["extra_field"])
    if field is None:
        raise InvalidExtraField(errors=[FieldError("/extra_field", "unknown_extra_field", "There is no such field.")])
    return field, read_value(field, query["extra_value"])
