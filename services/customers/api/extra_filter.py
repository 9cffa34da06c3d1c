"""Filtering a list by one of the tenant's own fields."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from services.customers.app.extra_fields import known_fields
from services.customers.domain.errors import InvalidExtraField
from services.customers.domain.extra_fields import ExtraRegister, ExtraType, read_value
from shared.db import UnitOfWork
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
    field = known_fields(uow, register).get(query["extra_field"])
    if field is None:
        raise InvalidExtraField(errors=[FieldError("/extra_field", "unknown_extra_field", "There is no such field.")])
    value = read_value(field, query["extra_value"])
    stored: Any = column[field.key]
    condition: ColumnElement[bool] = (
        stored.as_boolean() == value if field.type is ExtraType.YES_NO else stored.as_string() == value
    )
    return statement.where(condition)
