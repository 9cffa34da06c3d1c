"""Product categories over HTTP."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from services.catalog.api.schemas import CategoryChangeIn, CategoryIn, CategoryOut
from services.catalog.app import categories as use_cases
from services.catalog.models import Category
from shared.clock import utc_now
from shared.db import get_or_404
from shared.db.paging import Page, fetch_page
from shared.http import (
    Blueprint,
    PageQuery,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint("categories", __name__, url_prefix="/categories", description="How products are grouped")


@blp.get("")
@requires("products.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(CategoryOut))
def list_categories(query: dict[str, Any]) -> Page[Category]:
    """List categories, oldest first"""
    with read() as uow:
        return fetch_page(uow.session, select(Category), Category.id, limit=query["limit"], after=query["after"])


@blp.post("")
@requires("products.write")
@blp.arguments(CategoryIn)
@blp.response(201, CategoryOut)
def create_category(body: dict[str, Any]) -> Category:
    """Make a category"""
    return with_etag(use_cases.create_category(begin(), creation_request("category", body), body))


@blp.get("/<category_id>")
@requires("products.read")
@blp.response(200, CategoryOut)
def show_category(category_id: str) -> Category:
    """Show a category"""
    with read() as uow:
        return with_etag(get_or_404(uow.session, Category, category_id))


@blp.patch("/<category_id>")
@requires("products.write")
@blp.arguments(CategoryChangeIn)
@blp.response(200, CategoryOut)
def change_category(body: dict[str, Any], category_id: str) -> Category:
    """Change a category; send If-Match"""
    version = expected_version(required=True)
    return with_etag(use_cases.change_category(begin(), category_id, body, expected_version=version, now=utc_now()))
