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
    whole_tenant,
    with_etag,
)

blp = Blueprint("categories", __name__, url_prefix="/categories", description="How products are grouped")


@blp.get("")
@requires("products.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(CategoryOut))
def list_categories(query: dict[str, Any]) -> Page[use_cases.ShownCategory]:
    """List categories, oldest first"""
    with read() as uow:
        page = fetch_page(uow.session, select(Category), Category.id, limit=query["limit"], after=query["after"])
        return Page(use_cases.shown_categories(uow, page.items), page.next)


@blp.post("")
@requires("products.write")
@whole_tenant
@blp.arguments(CategoryIn)
@blp.response(201, CategoryOut)
def create_category(body: dict[str, Any]) -> use_cases.ShownCategory:
    """Make a category"""
    return _shown(use_cases.create_category(begin(), creation_request("category", body), body))


@blp.get("/<category_id>")
@requires("products.read")
@blp.response(200, CategoryOut)
def show_category(category_id: str) -> use_cases.ShownCategory:
    """Show a category"""
    with read() as uow:
        category = get_or_404(uow.session, Category, category_id)
    return _shown(category)


@blp.patch("/<category_id>")
@requires("products.write")
@whole_tenant
@blp.arguments(CategoryChangeIn)
@blp.response(200, CategoryOut)
def change_category(body: dict[str, Any], category_id: str) -> use_cases.ShownCategory:
    """Change a category; send If-Match"""
    version = expected_version(required=True)
    return _shown(use_cases.change_category(begin(), category_id, body, expected_version=version, now=utc_now()))


def _shown(category: Category) -> use_cases.ShownCategory:
    with read() as uow:
        (shown,) = use_cases.shown_categories(uow, [with_etag(category)])
    return shown
