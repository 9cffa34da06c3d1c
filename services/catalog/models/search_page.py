"""What products are found by, many in one row: reading a few thousand rows is fast where fifty thousand are not.

A search for a part of a word reads everything. Behind row-level security PostgreSQL uses no trigram index for it, since
LIKE may leak what it compares; but one row with the texts of twenty products is searched about as fast as one product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.models.base import Base
from services.catalog.models.product import Product
from shared.db import TenantScoped
from shared.db.mixins import ID
from shared.ids import new_id

_LONGEST: Final = 1_600
"""Characters of a page: PostgreSQL moves and packs longer rows, which takes more time than it saves."""


class SearchPage(TenantScoped, Base):
    """The search texts of some products, a line for each.

    first_id, last_id  of the products when the page was made
    A product whose text changed leaves its page; the page keeps the old text, so what it finds is looked at again.
    """

    __tablename__ = "product_search_pages"
    __table_args__ = (Index("ix_product_search_pages_tenant_id_first_id", "tenant_id", "first_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    first_id: Mapped[str] = mapped_column(ID)
    last_id: Mapped[str] = mapped_column(ID)
    texts: Mapped[str] = mapped_column(Text)


def search_pages(products: Iterable[Product]) -> Iterator[tuple[SearchPage, Sequence[Product]]]:
    """Yield pages, not yet stored, with the products that belong on them."""
    held: list[Product] = []
    length = 0
    for product in sorted(products, key=lambda one: one.id):
        if held and length + len(product.search_text) > _LONGEST:
            yield _page(held), held
            held, length = [], 0
        held.append(product)
        length += len(product.search_text) + 1
    if held:
        yield _page(held), held


def _page(products: Sequence[Product]) -> SearchPage:
    texts = "\n".join(product.search_text for product in products)
    return SearchPage(id=new_id(), first_id=products[0].id, last_id=products[-1].id, texts=texts)
