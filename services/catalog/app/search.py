"""Finding products by a part of their code, name or bar code, without reading all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Select, delete, exists, func, or_, select, update

from services.catalog.models import Product, SearchPage, search_pages
from shared.context import Context, system_context
from shared.db import Database, UnitOfWork
from shared.db.paging import Page, fetch_page, read_cursor

_PAGES_AT_FIRST: Final = 64
_PACKED_AT_ONCE: Final = 2_000
WORTH_PACKING: Final = 200
"""Products without a page are read one by one; below this number that costs nothing."""


def find_products(
    uow: UnitOfWork, statement: Select[Any], part: str, *, limit: int, after: str | None
) -> Page[Product]:
    """Return a page of the products of `statement` whose search text has `part` (folded), oldest first.

    Search pages are read in the order of their first products, and only as many as it takes: a product has its place
    when no page to come can hold an earlier one. Raises Malformed for a cursor that we did not give.
    """
    known = read_cursor(after) if after is not None else ""
    matching = statement.where(Product.search_text.contains(part, autoescape=True), Product.id > known)
    matching = matching.with_only_columns(Product.id)
    unpaged = matching.where(Product.search_page.is_(None)).order_by(Product.id).limit(limit + 1)
    found = list(uow.session.scalars(unpaged))
    reached, at_once = ("", ""), _PAGES_AT_FIRST
    while True:
        pages = _pages_with(uow, part, known, reached, at_once)
        # In no order: for the sake of one, SQLite would walk all products rather than look into these pages.
        found += uow.session.scalars(matching.where(Product.search_page.in_([page_id for _, page_id in pages])))
        if len(pages) < at_once:
            break
        reached, at_once = pages[-1], at_once * 4
        if sum(one <= reached[0] for one in found) > limit:
            break
    wanted = select(Product).where(Product.id.in_(sorted(found)[: limit + 1]))
    return fetch_page(uow.session, wanted, Product.id, limit=limit, after=after)


def pack(uow: UnitOfWork, products: Iterable[Product]) -> None:
    """Put new and changed products on search pages of their own, inside the open transaction, before their flush."""
    for page, held in search_pages(product for product in products if product.search_page is None):
        uow.session.add(page)
        for product in held:
            product.search_page = page.id


def pack_all(database: Database, stop: threading.Event | None = None, *, worth: int = WORTH_PACKING) -> int:
    """Put products that were made or changed one by one on search pages, in tenants with `worth` of them or more.

    Returns how many products that were; done again, it finds nothing to do.
    """
    system = system_context("search_pages")
    counted = select(Product.tenant_id).where(Product.search_page.is_(None)).group_by(Product.tenant_id)
    with database.read(system) as uow:
        tenants = list(uow.session.scalars(counted.having(func.count() >= worth)))
    packed = 0
    for tenant_id in tenants:
        while (now := _pack_some(database, system.for_tenant(tenant_id))) and not (stop and stop.is_set()):
            packed += now
    return packed


def _pack_some(database: Database, context: Context) -> int:
    """Products are locked while their texts are read: a name that changes meanwhile leaves its page afterwards."""
    with database.begin(context) as uow:
        waiting = select(Product).where(Product.search_page.is_(None)).order_by(Product.id).limit(_PACKED_AT_ONCE)
        products = list(uow.session.scalars(waiting.with_for_update(of=Product, skip_locked=True)))
        for page, held in search_pages(products):
            uow.session.add(page)
            # Not by the mapper: to be found faster is no change of the product, so its version stays.
            of_page = update(Product).where(Product.id.in_([product.id for product in held]))
            uow.session.execute(
                of_page.values(search_page=page.id, changed_at=Product.changed_at),
                execution_options={"synchronize_session": False},
            )
        if products:
            empty = ~exists().where(Product.search_page == SearchPage.id)
            uow.session.flush()
            uow.session.execute(delete(SearchPage).where(empty), execution_options={"synchronize_session": False})
        uow.commit()
    return len(products)


def _pages_with(
    uow: UnitOfWork, part: str, known: str, reached: tuple[str, str], at_once: int
) -> Sequence[tuple[str, str]]:
    """Return (first product, id) of the next pages that have `part` and products after `known`."""
    first, page_id = SearchPage.first_id, SearchPage.id
    place = func.strpos if uow.session.get_bind().dialect.name == "postgresql" else func.instr
    statement = select(first, page_id).where(
        SearchPage.last_id > known,
        or_(first > reached[0], (first == reached[0]) & (page_id > reached[1])),
        place(SearchPage.texts, part) > 0,
    )
    return [(row[0], row[1]) for row in uow.session.execute(statement.order_by(first, page_id).limit(at_once))]
