"""Billing settings over HTTP."""

from typing import Any

from services.billing.api.schemas.settings import SettingsIn, SettingsOut
from services.billing.app import settings as use_cases
from services.billing.app.compose import Wishes
from services.billing.domain.compile import VatPolicy
from services.billing.domain.grouping import MixedVat
from services.billing.models import BillingSettings
from shared.http import Blueprint, begin, expected_version, read, requires, with_etag

blp = Blueprint(
    "settings", __name__, url_prefix="/settings", description="How documents are made", for_whole_tenant=True
)


@blp.get("")
@requires("billing.read")
@blp.response(200, SettingsOut)
def show_settings() -> BillingSettings:
    """Show how documents are made"""
    return with_etag(use_cases.get_settings(read()))


@blp.put("")
@requires("billing.write")
@blp.arguments(SettingsIn)
@blp.response(200, SettingsOut)
def change_settings(body: dict[str, Any]) -> BillingSettings:
    """Change how documents are made from now on"""
    wishes = Wishes(body["merge_rows"], MixedVat(body["mixed_vat"]), VatPolicy(body["vat_policy"]))
    return with_etag(use_cases.change_settings(begin(), expected_version(), wishes))
