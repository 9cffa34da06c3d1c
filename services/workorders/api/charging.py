"""Why an order costs what it costs, and giving it the prices of now."""

from __future__ import annotations

from typing import Any

from services.workorders.api.charging_schemas import ChargingOut, RepriceIn, RepricingOut
from services.workorders.api.views import charging_view, repricing_view
from services.workorders.app.repricing import read_charging, reprice_order
from services.workorders.app.visibility import sight_of
from shared.clock import utc_now
from shared.http import Blueprint, begin, caller, expected_version, read, requires, with_etag

blp = Blueprint("charging", __name__, url_prefix="/workorders", description="What an order is charged, and why")


@blp.get("/<order_id>/charging")
@requires("prices.read")
@blp.response(200, ChargingOut)
def explain(order_id: str) -> dict[str, Any]:
    """Explain for each row what was worked, what is charged, and by which prices and charging rules"""
    loaded = read_charging(read(), order_id)
    with_etag(loaded.order)
    return charging_view(loaded)


@blp.post("/<order_id>/reprice")
@requires("workorders.plan", "workorders.review")
@blp.arguments(RepriceIn, required=False)
@blp.response(200, RepricingOut)
def reprice(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Give the rows of an order the prices of now, before approval; without `dry_run: false` only say what changes

    Prices that were typed by hand stay. Charging rules then decide anew: `charges` names every row that they, or sets,
    add, change or take away, from what to what and why.
    """
    dry_run = body.get("dry_run", True)
    found = reprice_order(begin(), order_id, dry_run=dry_run, expected=expected_version(), now=utc_now())
    return repricing_view(with_etag(found), sight_of(caller()))
