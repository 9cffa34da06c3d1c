"""Products and their list prices over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Select, select

from services.catalog.adapters.layouts import PRODUCTS
from services.catalog.api.schemas import (
    PriceIn,
    PriceOut,
    PricesOut,
    ProductChangeIn,
    ProductExportQuery,
    ProductIn,
    ProductOut,
    ProductQuery,
)
from services.catalog.app import pricing
from services.catalog.app import products as use_cases
from services.catalog.app.categories import ids_within
from services.catalog.app.exports import product_rows
from services.catalog.domain.product import code_key, fold
from services.catalog.models import PRODUCT_SEARCH, Price, Product, prices_of
from shared.clock import business_day, utc_now
from shared.db import UnitOfWork, get_or_404
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    whole_tenant,
    with_etag,
)
from shared.imports.http import XLSX, export_answer

blp = Blueprint("products", __name__, url_prefix="/products", description="Everything that can be charged")


@blp.get("")
@requires("products.read")
@blp.arguments(ProductQuery, location="query")
@blp.response(200, page_schema(ProductOut))
def list_products(query: dict[str, Any]) -> Page[Product]:
    """List products, oldest first"""
    with read() as uow:
        statement, page = _filtered(uow, query), {name: query[name] for name in ("limit", "after")}
        if part := fold(query.get("q", "")):
            return PRODUCT_SEARCH.find(uow, statement, part, **page)
        return fetch_page(uow.session, statement, Product.id, **page)


@blp.get("/export")
@requires("products.read")
@blp.arguments(ProductExportQuery, location="query")
@blp.response(200, content_type=XLSX, description="A workbook that can be imported back")
def export_products(query: dict[str, Any]) -> Response:
    """Get all products that the filters let through as a workbook; prices only for those who may see them"""
    with read() as uow:
        rows = product_rows(uow, _filtered(uow, query), business_day(utc_now()))
        return export_answer(PRODUCTS, rows, query["lang"])


def _filtered(uow: UnitOfWork, query: dict[str, Any]) -> Select[Any]:
    statement = select(Product)
    for name in ("category_id", "kind", "field_recordable", "is_set"):
        if name in query:
            statement = statement.where(getattr(Product, name) == query[name])
    if query.get("barcode"):
        statement = statement.where(Product.barcode == query["barcode"])
    if "within" in query:
        statement = statement.where(Product.category_id.in_(ids_within(uow, query["within"])))
    if query.get("code"):
        statement = statement.where(Product.code_key == code_key(query["code"]))
    if query.get("q"):
        statement = statement.where(Product.search_text.contains(fold(query["q"]), autoescape=True))
    return statement.where(Product.archived_at.is_not(None) if query["archived"] else Product.archived_at.is_(None))


@blp.post("")
@requires("products.write")
@whole_tenant
@blp.arguments(ProductIn)
@blp.response(201, ProductOut)
def create_product(body: dict[str, Any]) -> Product:
    """Make a product"""
    return with_etag(use_cases.create_product(begin(), creation_request("product", body), body, now=utc_now()))


@blp.get("/<product_id>")
@requires("products.read")
@blp.response(200, ProductOut)
def show_product(product_id: str) -> Product:
    """Show a product"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Product, product_id))


@blp.patch("/<product_id>")
@requires("products.write")
@whole_tenant
@blp.arguments(ProductChangeIn)
@blp.response(200, ProductOut)
def change_product(body: dict[str, Any], product_id: str) -> Product:
    """Change a product; send If-Match"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_product(begin(), product_id, body, expected_version=version, now=utc_now()))


@blp.post("/<product_id>/archive")
@requires("products.write")
@whole_tenant
@blp.response(200, ProductOut)
def archive_product(product_id: str) -> Product:
    """Take a product out of use; its code stays taken"""
    return _set_archived(product_id, archived=True)


@blp.post("/<product_id>/restore")
@requires("products.write")
@whole_tenant
@blp.response(200, ProductOut)
def restore_product(product_id: str) -> Product:
    """Take an archived product into use again"""
    return _set_archived(product_id, archived=False)


@blp.get("/<product_id>/prices")
@requires("prices.read")
@blp.response(200, PricesOut)
def list_prices(product_id: str) -> dict[str, Any]:
    """List a product's list prices, oldest first"""
    with read() as uow:
        product = get_or_404(uow.session, Product, product_id)
        return {"items": prices_of(uow, [product.id])}


@blp.post("/<product_id>/prices")
@requires("products.write")
@whole_tenant
@blp.arguments(PriceIn)
@blp.response(201, PriceOut)
def add_price(body: dict[str, Any], product_id: str) -> Price:
    """Give a product a list price for a period

    An open price that began earlier ends the day before. Rows that were recorded keep theirs.
    """
    return pricing.add_price(
        begin(),
        creation_request(f"price:{product_id}"[:60], body),
        product_id,
        body["price"],
        valid_from=body["valid_from"],
        valid_to=body["valid_to"],
        now=utc_now(),
    )


def _set_archived(product_id: str, *, archived: bool) -> Product:
    version = expected_version()
    return with_etag(
        use_cases.archive_product(begin(), product_id, archived=archived, expected_version=version, now=utc_now())
    )
