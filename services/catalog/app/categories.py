"""Making and changing categories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.catalog.app.events import publish_product
from services.catalog.domain.errors import CategoryLoop, DuplicateCategory
from services.catalog.domain.product import checked_category_name, fold
from services.catalog.models import Category, Product
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError
from shared.ids import new_id

_DEEPEST = 20


def create_category(uow: UnitOfWork, creation: Creation, given: Mapping[str, Any]) -> Category:
    """Make a category, or return the one that the same creation made before.

    given  name, maybe parent_id. Raises DuplicateCategory, InvalidCategory, NotFound for an unknown parent.
    """
    with uow:
        if old := uow.repeated(creation):
            return get_or_404(uow.session, Category, old)
        category = add_category(uow, given["name"], category_id=creation.id, parent_id=given.get("parent_id"))
        uow.session.flush()
        uow.created(creation, category.id)
        uow.commit()
    return category


def change_category(
    uow: UnitOfWork, category_id: str, given: Mapping[str, Any], *, expected_version: int | None, now: datetime
) -> Category:
    """Change the name or parent. A new name is told with every product of the category, since it is part of theirs."""
    with uow:
        category = get_or_404(uow.session, Category, category_id, for_update=True)
        check_version(category, expected_version)
        if "name" in given:
            _rename(uow, category, given["name"], now)
        if "parent_id" in given and given["parent_id"] != category.parent_id:
            _check_parent(uow, category.id, given["parent_id"])
            category.parent_id = given["parent_id"]
        uow.commit()
    return category


def find_category(uow: UnitOfWork, name: str) -> Category | None:
    """Return the category of this name, whatever the case."""
    return uow.session.scalar(select(Category).where(Category.name_key == fold(name)))


def add_category(
    uow: UnitOfWork, name: str, *, category_id: str | None = None, parent_id: str | None = None
) -> Category:
    """Store a new category inside the open transaction. Raises DuplicateCategory."""
    checked = checked_category_name(name)
    _refuse_duplicate(uow, checked, None)
    own_id = category_id or new_id()
    _check_parent(uow, own_id, parent_id)
    category = Category(id=own_id, name=checked, name_key=fold(checked), parent_id=parent_id)
    uow.session.add(category)
    return category


def _rename(uow: UnitOfWork, category: Category, name: str, now: datetime) -> None:
    checked = checked_category_name(name)
    if checked == category.name:
        return
    _refuse_duplicate(uow, checked, category.id)
    products = list(uow.session.scalars(select(Product).where(Product.category_id == category.id)))
    category.name, category.name_key = checked, fold(checked)
    for product in products:
        product.touch(now)
    uow.session.flush()
    for product in products:
        publish_product(uow, product)


def _refuse_duplicate(uow: UnitOfWork, name: str, own_id: str | None) -> None:
    taken = find_category(uow, name)
    if taken is not None and taken.id != own_id:
        detail = f"There is already a category {taken.name}."
        raise DuplicateCategory(
            detail, errors=[FieldError("/name", DuplicateCategory.code, detail)], category_id=taken.id
        )


def _check_parent(uow: UnitOfWork, own_id: str, parent_id: str | None) -> None:
    """The parent exists, and the category is not among its ancestors."""
    following, steps = parent_id, 0
    while following is not None:
        steps += 1
        if following == own_id or steps > _DEEPEST:
            raise CategoryLoop("The parent is the category itself or lies inside it.")
        following = get_or_404(uow.session, Category, following).parent_id
