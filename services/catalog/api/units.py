"""Units of quantity over HTTP."""

from __future__ import annotations

from typing import Any

from services.catalog.api.schemas import UnitsOut
from shared.http import Blueprint, requires
from shared.units import UNITS

blp = Blueprint("units", __name__, url_prefix="/units", description="In what quantities are counted")


@blp.get("")
@requires("products.read")
@blp.response(200, UnitsOut)
def list_units() -> dict[str, Any]:
    """List the units with their names and what e-invoices call them"""
    return {"items": UNITS}
