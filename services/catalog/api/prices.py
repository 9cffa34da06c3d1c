"""Prices for groups, customers and sites over HTTP; what something costs, and why; price lists as a whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response
from marshmallow import fields, validate
from sqlalchemy import select

from services.catalog.adapters.layouts import PRICES
from services.catalog.api.schemas import UnitPriceString, reasonable_day
from services.catalog.app import price_facts as use_cases
from services.catalog.app.exports import price_rows
from services.catalog.app.whose_prices import whose_prices
from services.catalog.models import StoredPriceFact
from shared.clock import business_day, utc_now
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    DecimalString,
    IdString,
    PageQuery,
    Schema,
    Text,
    begin,
    creation_request,
    page_schema,
    read,
    requires,
)
from shared.imports.http import XLSX, export_answer
from shared.imports.schemas import language_field
from shared.prices import Question, Scope, Source

blp = Blueprint(
    "prices",
    __name__,
    url_prefix="/prices",
    description="What something costs, for whom, and why",
    for_whole_tenant=True,
)


class PriceFactIn(Schema):
    """A price, or a discount off the next weaker price, for a group, a customer or a site."""

    id = IdString()
    product_id = IdString(required=True)
    price_group = Text(60, min_length=1)
    customer_id = IdString()
    site_id = IdString(metadata={"description": "Holds for all sites below it too"})
    price = UnitPriceString(metadata={"description": "Without VAT"})
    discount_percent = DecimalString(
        2, minimum=Decimal(0), maximum=Decimal(100), digits=5, metadata={"example": "8.00"}
    )
    min_quantity = DecimalString(
        3, minimum=Decimal(0), digits=14, load_default=Decimal(0), metadata={"description": "From this quantity on"}
    )
    valid_from = fields.Date(required=True, validate=reasonable_day)
    valid_to = fields.Date(allow_none=True, load_default=None, validate=reasonable_day)


class PriceFactOut(Schema):
    """A price or a discount; both days included."""

    id = fields.String(required=True)
    product_id = fields.String(required=True)
    price_group = fields.String(allow_none=True)
    customer_id = fields.String(allow_none=True)
    site_id = fields.String(allow_none=True)
    price = UnitPriceString(allow_none=True)
    discount_percent = DecimalString(2, allow_none=True)
    min_quantity = DecimalString(3)
    currency = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True)


class PriceFactFilters(Schema):
    """Filters of the list of prices; all given ones must hold."""

    product_id = IdString()
    price_group = Text(60)
    customer_id = IdString()
    site_id = IdString()


class PriceFactQuery(PageQuery, PriceFactFilters):
    """Filters and page of the list of prices."""


class PriceExportQuery(PriceFactFilters):
    """Filters and language of an export of prices."""

    lang = language_field()


class PriceEndIn(Schema):
    """The last day of a price."""

    valid_to = fields.Date(required=True, validate=reasonable_day)


class ExplainQuery(Schema):
    """What is bought, by whom, where and when."""

    product = IdString(required=True)
    customer = IdString(load_default=None)
    price_group = Text(
        60,
        load_default=None,
        metadata={"description": "Default: the nearest site's, else the customer's"},
    )
    site = fields.List(
        IdString(),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"description": "The site; repeated, those it lies in follow, nearest first, as given"},
    )
    on = fields.Date(load_default=None, validate=reasonable_day, metadata={"description": "Work date; default: today"})
    quantity = DecimalString(3, digits=14, load_default=Decimal(1))


class StepOut(Schema):
    """A fact that was looked at, and what became of it."""

    fact_id = fields.String(attribute="fact.id")
    source = fields.Function(lambda step: step.fact.scope.source.name.lower())
    verdict = fields.String(metadata={"description": "applied, other_day, quantity, weaker, no_price_below"})
    price = UnitPriceString(attribute="fact.price", allow_none=True)
    discount_percent = DecimalString(2, attribute="fact.discount_percent", allow_none=True)
    min_quantity = DecimalString(3, attribute="fact.min_quantity")
    valid_from = fields.Date(attribute="fact.period.first")
    valid_to = fields.Date(attribute="fact.period.last", allow_none=True)
    price_after = UnitPriceString(allow_none=True)


class ResolutionOut(Schema):
    """The price, and how it came about."""

    unit_price = UnitPriceString(allow_none=True, required=True)
    currency = fields.Constant("EUR")
    source = fields.String(
        allow_none=True, required=True, validate=validate.OneOf([source.name.lower() for source in Source])
    )
    price_group = fields.String(
        allow_none=True,
        required=True,
        metadata={"description": "Whose prices were looked at, too"},
    )
    site_path = fields.List(
        fields.String(), required=True, metadata={"description": "The site and those it lies in, nearest first"}
    )
    steps = fields.List(fields.Nested(StepOut), required=True)


class AdjustmentIn(Schema):
    """A price list made from another one."""

    source = Text(60, min_length=1, load_default=None, metadata={"description": "A price group; left out: list prices"})
    target = Text(60, min_length=1, required=True, metadata={"description": "The price group that gets the list"})
    percent = DecimalString(
        2, minimum=Decimal("-99.99"), maximum=Decimal(1000), digits=6, required=True, metadata={"example": "3.50"}
    )
    step = DecimalString(
        4,
        minimum=Decimal("0.0001"),
        maximum=Decimal(1000),
        digits=8,
        load_default=Decimal("0.01"),
        metadata={"description": "Each price becomes a multiple of it", "example": "0.05"},
    )
    valid_from = fields.Date(required=True, validate=reasonable_day)


class AdjustedPriceOut(Schema):
    """One line of the new list."""

    product_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    base = UnitPriceString(required=True)
    now = UnitPriceString(allow_none=True)
    new = UnitPriceString(required=True)


class AdjustmentOut(Schema):
    """The new list, not yet published."""

    items = fields.List(fields.Nested(AdjustedPriceOut), required=True)


class PublishedOut(Schema):
    """What was published."""

    published = fields.Integer(required=True, metadata={"description": "Prices that differ from those before"})


@blp.get("")
@requires("prices.read")
@blp.arguments(PriceFactQuery, location="query")
@blp.response(200, page_schema(PriceFactOut))
def list_facts(query: dict[str, Any]) -> Page[StoredPriceFact]:
    """List prices and discounts beside the list prices, oldest first"""
    statement = select(StoredPriceFact)
    if "product_id" in query:
        statement = statement.where(StoredPriceFact.product_id == query["product_id"])
    for name in ("price_group", "customer_id", "site_id"):
        if name in query:
            statement = statement.where(StoredPriceFact.scope_key == Scope(**{name: query[name]}).key)
    with read() as uow:
        return fetch_page(uow.session, statement, StoredPriceFact.id, limit=query["limit"], after=query["after"])


@blp.get("/export")
@requires("prices.read")
@blp.arguments(PriceExportQuery, location="query")
@blp.response(200, content_type=XLSX, description="A workbook that can be imported back")
def export_prices(query: dict[str, Any]) -> Response:
    """Get prices as a workbook: list prices too, unless a group, customer or site is named"""
    language = query.pop("lang")
    with read() as uow:
        return export_answer(PRICES, price_rows(uow, query), language)


@blp.post("")
@requires("products.write")
@blp.arguments(PriceFactIn)
@blp.response(201, PriceFactOut)
def add_fact(body: dict[str, Any]) -> StoredPriceFact:
    """Give a product a price or a discount for a price group, a customer or a site

    An open one of the same kind that began earlier ends the day before.
    """
    return use_cases.add_fact(begin(), creation_request("price_fact", body), body["product_id"], body)


@blp.post("/<fact_id>/end")
@requires("products.write")
@blp.arguments(PriceEndIn)
@blp.response(200, PriceFactOut)
def end_fact(body: dict[str, Any], fact_id: str) -> StoredPriceFact:
    """Set the last day of a price or discount"""
    return use_cases.end_fact(begin(), fact_id, valid_to=body["valid_to"])


@blp.get("/explain")
@requires("prices.read")
@blp.arguments(ExplainQuery, location="query")
@blp.response(200, ResolutionOut)
def explain_price(query: dict[str, Any]) -> dict[str, Any]:
    """Say what one unit costs for a customer at a site on a day, and why, step by step

    The first list price holds for the days before it too: products are often registered after the work was done.
    """
    day = query["on"] or business_day(utc_now())
    with read() as uow:
        whose = whose_prices(uow, query["customer"], query["price_group"], query["site"])
        question = Question(day, query["quantity"], query["customer"], whose.price_group, whose.site_path)
        found = use_cases.explain_price(uow, query["product"], question)
    source = found.source.name.lower() if found.source else None
    return {
        "unit_price": found.unit_price,
        "source": source,
        "price_group": whose.price_group,
        "site_path": whose.site_path,
        "steps": found.steps,
    }


@blp.post("/adjustments/preview")
@requires("prices.read")
@blp.arguments(AdjustmentIn)
@blp.response(200, AdjustmentOut)
def preview_adjustment(body: dict[str, Any]) -> dict[str, Any]:
    """Show a price list copied from another one and changed by a percentage, without writing it"""
    with read() as uow:
        return {"items": use_cases.preview_adjustment(uow, use_cases.Adjustment(**body))}


@blp.post("/adjustments")
@requires("products.write")
@blp.arguments(AdjustmentIn)
@blp.response(200, PublishedOut)
def publish_adjustment(body: dict[str, Any]) -> dict[str, Any]:
    """Publish a price list as a whole from a day on; doing it twice changes nothing"""
    return {"published": use_cases.publish_adjustment(begin(), use_cases.Adjustment(**body))}
