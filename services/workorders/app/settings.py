"""How a tenant reviews finished work: reading and changing the settings."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from services.workorders.domain.values import HoldPolicy, OrderType, ReviewMode
from services.workorders.models import ReviewSettings
from shared.db import UnitOfWork, check_version


def review_settings(uow: UnitOfWork, *, for_update: bool = False) -> ReviewSettings:
    """Return the tenant's settings; if it never changed any, the defaults, with version 0 and not stored."""
    statement = select(ReviewSettings)
    found = uow.session.scalars(statement.with_for_update() if for_update else statement).one_or_none()
    return found or ReviewSettings(modes={}, customers_on_hold=HoldPolicy.REVIEW.value, version=0)


def read_settings(uow: UnitOfWork) -> ReviewSettings:
    """Return the settings of the caller's tenant."""
    with uow:
        return review_settings(uow)


def set_settings(
    uow: UnitOfWork,
    modes: Mapping[OrderType, ReviewMode],
    customers_on_hold: HoldPolicy,
    *,
    expected: int | None = None,
) -> ReviewSettings:
    """Replace the settings; types that are not named get the mode `none`. Raises VersionMismatch."""
    with uow:
        settings = review_settings(uow, for_update=True)
        check_version(settings, expected)
        settings.modes = {kind.value: mode.value for kind, mode in modes.items()}
        settings.customers_on_hold = customers_on_hold.value
        if settings.version == 0:
            settings.version = 1
            uow.session.add(settings)
        uow.commit()
        return settings
