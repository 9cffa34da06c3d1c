"""How a tenant wants its documents."""

from sqlalchemy import select

from services.billing.app.compose import Wishes
from services.billing.models import BillingSettings
from shared.db import UnitOfWork, check_version


def get_settings(uow: UnitOfWork) -> BillingSettings:
    """The tenant's settings; the defaults with version 0 if it never changed any."""
    with uow:
        return uow.session.scalar(select(BillingSettings)) or _defaults()


def change_settings(uow: UnitOfWork, expected_version: int | None, wishes: Wishes) -> BillingSettings:
    """Change the settings for documents that are made from now on. Raises VersionMismatch."""
    with uow:
        settings = uow.session.scalar(select(BillingSettings).with_for_update())
        check_version(settings or _defaults(), expected_version)
        if settings is None:
            settings = BillingSettings()
            uow.session.add(settings)
        settings.merge_rows = wishes.merge_rows
        settings.mixed_vat = str(wishes.mixed_vat)
        settings.vat_policy = str(wishes.vat_policy)
        uow.commit()
        return settings


def _defaults() -> BillingSettings:
    wishes = Wishes()
    return BillingSettings(
        version=0,
        merge_rows=wishes.merge_rows,
        mixed_vat=str(wishes.mixed_vat),
        vat_policy=str(wishes.vat_policy),
    )
