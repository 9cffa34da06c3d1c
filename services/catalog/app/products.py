"""Making, changing and archiving products. Every change is told to the other services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.catalog.app.categories import category_at
from services.catalog.app.events import publish_products
from services.catalog.app.pricing import change_price_from
from services.catalog.domain.errors import DuplicateCode, InSet, InvalidProduct
from services.catalog.domain.product import (
    DEFAULTS,
    changed_product,
    code_key,
    new_product,
    refuse_archived,
)
from services.catalog.models import Category, Product, components_of, prices_of, sets_with
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError

NOT_COLUMNS = frozenset({"id", "category_id", "category_name", "list_price"})
"""Fields that a caller may give and that are not simply stored."""


def create_product(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any], *, now: datetime) -> Product:
    """Make a product, or return the one that the same creation made before.

    given  fields of `domain.product.new_product`; `category_id`, or `category_name`, which is made if it is new;
           maybe `list_price`, which holds from the business day of `now`
    Raises InvalidProduct, DuplicateCode, KeyReused.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Product, old)
        fields = new_product(plain_fields(given))
        _refuse_duplicate(uow, fields["code"])
        product = new_record(creation.id, fields, _category(uow, given), given.get("list_price"))
        uow.session.add(product)
        uow.session.flush()
        change_price_from(uow, product, [], business_day(now), product.list_price)
        uow.session.flush()
        publish_products(uow, [product], business_day(now))
        uow.created(creation, product.id)
        uow.commit()
    return product


def change_product(
    uow: UnitOfWork, product_id: str, given: Mapping[str, Any], *, expected_version: int | None, now: datetime
) -> Product:
    """Change the given fields; a new `list_price` holds from today, null ends it. Publishes only if something differs.

    Raises NotFound, VersionMismatch, ProductArchived, InvalidProduct. The code never changes.
    """
    with uow:
        product = get_or_404(uow.session, Product, product_id, for_update=True)
        check_version(product, expected_version)
        refuse_archived(archived=product.archived)
        # All that is looked up comes first: a query in between would flush, and the version go up, half-way.
        moves = given.get("category_id") or given.get("category_name")
        category = _category(uow, given) if moves else product.category
        prices = prices_of(uow, [product.id])
        store_changes(product, changed_product(stored_fields(product), plain_fields(given)))
        _move_to(product, category)
        if "list_price" in given and change_price_from(uow, product, prices, business_day(now), given["list_price"]):
            product.touch(now)
        changed = uow.session.is_modified(product)
        uow.session.flush()
        if changed:
            publish_products(uow, [product], business_day(now))
        uow.commit()
    return product


def archive_product(
    uow: UnitOfWork, product_id: str, *, archived: bool, expected_version: int | None, now: datetime
) -> Product:
    """Take a product out of use, or back into it. Its code stays taken. Doing it twice changes nothing.

    Raises NotFound, VersionMismatch, InSet if a set in use would lose a component, or come back with one archived.
    """
    with uow:
        product = get_or_404(uow.session, Product, product_id, for_update=True)
        check_version(product, expected_version)
        if product.archived != archived:
            _keep_sets_whole(uow, product, archived=archived)
            product.archived_at = now if archived else None
            uow.session.flush()
            publish_products(uow, [product], business_day(now))
        uow.commit()
    return product


def new_record(product_id: str, fields: Mapping[str, Any], category: Category, list_price: Decimal | None) -> Product:
    """Return a product, not yet stored, from checked fields; its price still has to get its period."""
    return Product(
        **fields,
        id=product_id,
        code_key=code_key(fields["code"]),
        category=category,
        category_id=category.id,
        list_price=list_price,
        archived_at=None,
    )


def store_changes(product: Product, changes: Mapping[str, Any]) -> None:
    """Set checked fields on a stored product; it is written at the next flush."""
    product.take(changes)


def stored_fields(product: Product) -> dict[str, Any]:
    """Return every field that a caller may set, but category and list price."""
    return {name: getattr(product, name) for name in ("code", "name", *DEFAULTS)}


def plain_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are simply stored."""
    return {name: value for name, value in given.items() if name not in NOT_COLUMNS}


def _keep_sets_whole(uow: UnitOfWork, product: Product, *, archived: bool) -> None:
    """A component is archived after its sets, and restored before them."""
    if archived:
        ids, wrong = sets_with(uow, [product.id]).get(product.id, []), Product.archived_at.is_(None)
    else:
        ids = [one.product_id for one in components_of(uow, [product.id])]
        wrong = Product.archived_at.is_not(None)
    in_the_way = sorted(uow.session.scalars(select(Product.code).where(Product.id.in_(ids), wrong)))
    if in_the_way:
        detail = f"It is in {', '.join(in_the_way)}." if archived else f"{', '.join(in_the_way)} is archived."
        raise InSet(detail, products=in_the_way)


def _move_to(product: Product, category: Category) -> None:
    if product.category_id != category.id:
        product.category, product.category_id = category, category.id


def _category(uow: UnitOfWork, given: Mapping[str, Any]) -> Category:
    category_id, name = given.get("category_id"), given.get("category_name")
    if category_id:
        found = uow.session.get(Category, category_id)
        if found is None:
            detail = "There is no such category."
            raise InvalidProduct(errors=[FieldError("/category_id", "unknown_category", detail)])
        return found
    if not name:
        detail = "A product needs a category: its id, or its name."
        raise InvalidProduct(errors=[FieldError("/category_id", "required", detail)])
    return category_at(uow, name)


def _refuse_duplicate(uow: UnitOfWork, code: str) -> None:
    taken = uow.session.scalar(select(Product).where(Product.code_key == code_key(code)))
    if taken is not None:
        state = "archived product" if taken.archived else "product"
        detail = f"{taken.code} is the {state} {taken.name}."
        raise DuplicateCode(detail, errors=[FieldError("/code", DuplicateCode.code, detail)], product_id=taken.id)
