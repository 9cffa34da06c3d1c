"""The series of customer numbers: what stands before the number, and which comes next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from services.customers.domain.customer import FIRST_NUMBER, LONGEST
from services.customers.domain.errors import InvalidSettings
from services.customers.models import RegisterSettings
from shared.clock import utc_now
from shared.db import UnitOfWork, check_version
from shared.db.tables import number_series
from shared.errors import FieldError

SERIES = "customer"
LARGEST_NUMBER = 999_999_999


@dataclass(slots=True)
class NumberSettings:
    """How new customers are numbered; version 0 if the tenant never said."""

    version: int
    number_prefix: str
    next_number: int


def number_settings(uow: UnitOfWork) -> NumberSettings:
    """Return how the next customer is numbered."""
    stored = uow.session.scalar(select(RegisterSettings))
    return NumberSettings(stored.version if stored else 0, stored.number_prefix if stored else "", _next(uow))


def number_prefix(uow: UnitOfWork) -> str:
    """Return what stands before each number of the series."""
    return uow.session.scalar(select(RegisterSettings.number_prefix)) or ""


def change_number_settings(
    uow: UnitOfWork, *, prefix: str, next_number: int | None, expected_version: int | None
) -> NumberSettings:
    """Number new customers like this from now on; numbers that are taken are stepped over.

    next_number  None: the series goes on as it is. Raises InvalidSettings, VersionMismatch.
    """
    if not prefix.isprintable() or len(f"{prefix}{LARGEST_NUMBER}") > LONGEST["number"]:
        raise InvalidSettings(errors=[FieldError("/number_prefix", "form", "At most 10 printable characters.")])
    with uow:
        stored = uow.session.scalar(select(RegisterSettings).with_for_update())
        check_version(number_settings(uow), expected_version)
        if next_number is not None and next_number != _next(uow):
            _set_next(uow, next_number)
            if stored is not None:
                stored.touch(utc_now())
        if stored is None:
            uow.session.add(RegisterSettings(number_prefix=prefix))
        else:
            stored.number_prefix = prefix
        uow.session.flush()
        settings = number_settings(uow)
        uow.commit()
    return settings


def _next(uow: UnitOfWork) -> int:
    own = (number_series.c.tenant_id == uow.context.tenant_id) & (number_series.c.name == SERIES)
    return FIRST_NUMBER + (uow.session.scalar(select(number_series.c.last).where(own)) or 0)


def _set_next(uow: UnitOfWork, number: int) -> None:
    uow.next_number(SERIES)  # makes the row, and locks it
    own = (number_series.c.tenant_id == uow.context.tenant_id) & (number_series.c.name == SERIES)
    uow.session.execute(number_series.update().where(own).values(last=number - FIRST_NUMBER))
