"""VAT classes and their dated rates over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.catalog.api.schemas import DayQuery, VatClassesOut
from shared.clock import business_day, utc_now
from shared.http import Blueprint, requires
from shared.vat import RATES, NoVatRate, VatClass, rate_on

blp = Blueprint("vat", __name__, url_prefix="/vat-classes", description="VAT rates are dated data")


@blp.get("")
@requires("products.read")
@blp.arguments(DayQuery, location="query")
@blp.response(200, VatClassesOut)
def list_vat_classes(query: dict[str, Any]) -> dict[str, Any]:
    """List VAT classes with all their rates, and the one in force on a day"""
    day = query["on"] or business_day(utc_now())
    items = [
        {
            "vat_class": vat_class.value,
            "current_rate_percent": _rate(vat_class, day),
            "rates": [rate for rate in RATES if rate.vat_class is vat_class],
        }
        for vat_class in VatClass
    ]
    return {"on": day, "items": items}


def _rate(vat_class: VatClass, day: date) -> str | None:
    try:
        return str(rate_on(vat_class, day))
    except NoVatRate:
        return None
