"""How finished work is reviewed."""

from __future__ import annotations

from typing import Any

from services.workorders.api.order_schemas import ReviewSettingsIn, ReviewSettingsOut
from services.workorders.api.views import settings_view
from services.workorders.app.settings import read_settings, set_settings
from services.workorders.domain.values import OrderType
from shared.http import Blueprint, begin, expected_version, read, requires, whole_tenant, with_etag

blp = Blueprint("review settings", __name__, url_prefix="/review-settings", description="How finished work is reviewed")


@blp.get("")
@requires("workorders.read", "tenant.manage")
@blp.response(200, ReviewSettingsOut)
def get() -> dict[str, Any]:
    """Return the review mode of each order type, and what a customer's hold means"""
    return settings_view(with_etag(read_settings(read())))


@blp.put("")
@requires("tenant.manage")
@whole_tenant
@blp.arguments(ReviewSettingsIn)
@blp.response(200, ReviewSettingsOut)
def put(body: dict[str, Any]) -> dict[str, Any]:
    """Set the review modes; types that are not named are approved by the system"""
    modes = {OrderType(name): mode for name, mode in body["modes"].items()}
    settings = set_settings(begin(), modes, body["customers_on_hold"], expected=expected_version())
    return settings_view(with_etag(settings))
