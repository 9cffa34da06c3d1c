"""Set products over HTTP: what they consist of, and the rows that they become."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, post_dump, validate

from services.catalog.api.schemas import UnitPriceString, reasonable_day
from services.catalog.app import sets as use_cases
from services.catalog.domain.sets import MOST_COMPONENTS, WantedComponent
from shared.clock import business_day, utc_now
from shared.http import (
    Blueprint,
    DecimalString,
    IdString,
    Schema,
    begin,
    caller,
    expected_version,
    read,
    requires,
    whole_tenant,
    with_etag,
)

blp = Blueprint("sets", __name__, url_prefix="/products", description="Products that consist of others")

_SMALLEST, _LARGEST = Decimal("0.001"), Decimal(100_000)


class ComponentIn(Schema):
    """A product in the set."""

    product_id = IdString(required=True, metadata={"description": "In use, and no set itself"})
    quantity = DecimalString(
        3,
        minimum=_SMALLEST,
        maximum=_LARGEST,
        required=True,
        metadata={"description": "In one set", "example": "1.500"},
    )
    share_weight = DecimalString(
        4,
        minimum=Decimal(0),
        maximum=Decimal(1_000_000),
        allow_none=True,
        load_default=None,
        metadata={"description": "Its part of the set's price; for all or none: then quantity × list price decides"},
    )


class ComponentsIn(Schema):
    """All components of the set, in the order of its rows."""

    components = fields.List(
        fields.Nested(ComponentIn),
        required=True,
        validate=validate.Length(max=MOST_COMPONENTS),
        metadata={"description": "Empty: the product is no set any more"},
    )


class ComponentOut(Schema):
    """A product in the set."""

    product_id = fields.String(required=True, attribute="product.id")
    code = fields.String(required=True, attribute="product.code")
    name = fields.String(required=True, attribute="product.name")
    unit = fields.String(required=True, attribute="product.unit")
    quantity = DecimalString(3, required=True)
    share_weight = DecimalString(
        4, allow_none=True, metadata={"description": "Its share of the set's price; needs the permission prices.read"}
    )

    @post_dump
    def hide_shares(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave the shares out for who sees no prices: prices are often taken as weights."""
        if not caller().may("prices.read"):
            shown.pop("share_weight", None)
        return shown


class ComponentsOut(Schema):
    """What a product consists of; nothing if it is no set."""

    components = fields.List(fields.Nested(ComponentOut), required=True)


class ExpandQuery(Schema):
    """How many sets, for how much."""

    quantity = DecimalString(
        3, minimum=-_LARGEST, maximum=_LARGEST, load_default=Decimal(1), metadata={"description": "Below 0: a return"}
    )
    unit_price = UnitPriceString(
        load_default=None, metadata={"description": "Of one set; left out: its list price of the day"}
    )
    discount_percent = DecimalString(
        2, minimum=Decimal(0), maximum=Decimal(100), digits=5, load_default=Decimal(0), metadata={"example": "8.00"}
    )
    on = fields.Date(load_default=None, validate=reasonable_day, metadata={"description": "Work date; default: today"})


class SetRowOut(Schema):
    """One row of an expanded set."""

    product_id = fields.String(required=True, attribute="product.id")
    code = fields.String(required=True, attribute="product.code")
    name = fields.String(required=True, attribute="product.name")
    unit = fields.String(required=True, attribute="product.unit")
    quantity = DecimalString(3, required=True, attribute="row.quantity")
    unit_price = DecimalString(4, required=True, attribute="row.unit_price")
    discount_percent = DecimalString(2, required=True, attribute="row.discount_percent")
    net = DecimalString(2, required=True, attribute="row.net")


class SetRowsOut(Schema):
    """The rows; their nets add up to the net of the set."""

    net = DecimalString(2, required=True)
    rows = fields.List(fields.Nested(SetRowOut), required=True)


@blp.get("/<product_id>/components")
@requires("products.read")
@blp.response(200, ComponentsOut)
def show_components(product_id: str) -> dict[str, Any]:
    """Show what a set consists of"""
    with read() as uow:
        product, components = use_cases.components_shown(uow, product_id)
    with_etag(product)
    return {"components": components}


@blp.put("/<product_id>/components")
@requires("products.write")
@whole_tenant
@blp.arguments(ComponentsIn, rules_too=True)
@blp.response(200, ComponentsOut)
def change_components(body: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Say what a product consists of, all of it at once; send If-Match

    A component is in use and no set itself, and is named once.
    """
    wanted = [WantedComponent(**one) for one in body["components"]]
    version = expected_version(required=True)
    product = use_cases.change_components(begin(), product_id, wanted, expected_version=version, now=utc_now())
    with_etag(product)
    with read() as uow:
        return {"components": use_cases.components_shown(uow, product_id)[1]}


@blp.get("/<product_id>/expansion")
@requires("prices.read")
@blp.arguments(ExpandQuery, location="query")
@blp.response(200, SetRowsOut)
def expand(query: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Show the rows that a set becomes, whose amounts add up to its price exactly"""
    day = query.pop("on") or business_day(utc_now())
    with read() as uow:
        rows = use_cases.expanded(uow, product_id, day=day, **query)
    return {"net": sum((one.row.net for one in rows), Decimal(0)), "rows": rows}
