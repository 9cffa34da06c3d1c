"""What products are found by, many in one row."""

from __future__ import annotations

from sqlalchemy import Index

from services.catalog.models.base import Base
from services.catalog.models.product import Product
from shared.db import TenantScoped
from shared.db.search_pages import SearchPageRecord, SearchPages


class SearchPage(SearchPageRecord, TenantScoped, Base):
    """The search texts of some products."""

    __tablename__ = "product_search_pages"
    __table_args__ = (Index("ix_product_search_pages_tenant_id_first_id", "tenant_id", "first_id"),)


PRODUCT_SEARCH = SearchPages(Product, SearchPage)
