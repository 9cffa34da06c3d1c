"""Making and changing categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.catalog.app.events import publish_products
from services.catalog.domain.categories import DEEPEST, CategoryTree, path_text
from services.catalog.domain.errors import CategoryLoop, DuplicateCategory
from services.catalog.domain.product import checked_category_name, fold
from services.catalog.models import Category, Product
from shared.clock import business_day
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.database import Creation
from shared.errors import FieldError
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class ShownCategory:
    """A category with its path: its own name and those that it lies in, `Työ > Sähkötyö`."""

    id: str
    version: int
    name: str
    parent_id: str | None
    path: str


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
        if "parent_id" in given:
            _hold_still(uow)
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


def category_at(uow: UnitOfWork, text: str) -> Category:
    """Return the category of a name or a path; what of it is not there yet is stored. Raises InvalidCategory."""
    if found := find_category(uow, text):
        return found
    categories = {category.name_key: category for category in uow.session.scalars(select(Category))}
    return place_category(uow, tree_of(categories.values()), categories, text)


def tree_of(categories: Iterable[Category]) -> CategoryTree:
    """Return which category lies in which."""
    keys = {category.id: category.name_key for category in categories}
    return CategoryTree(
        {category.name_key: keys[category.parent_id] if category.parent_id else None for category in categories}
    )


def place_category(uow: UnitOfWork, tree: CategoryTree, categories: dict[str, Category], text: str) -> Category:
    """Return the category that a path names; stores those that are not among `categories` (by folded name), and adds
    them there. Raises InvalidCategory.
    """
    parent: Category | None = None
    for name in tree.read(text):
        key = fold(name)
        if key not in categories:
            made = Category(id=new_id(), name=name, name_key=key, parent_id=parent.id if parent else None)
            uow.session.add(made)
            categories[key] = made
        parent = categories[key]
    if parent is None:
        raise AssertionError("a path has a name")
    return parent


def shown_categories(uow: UnitOfWork, categories: Iterable[Category]) -> list[ShownCategory]:
    """Return these categories with their paths."""
    rows = uow.session.execute(select(Category.id, Category.name, Category.parent_id)).all()
    known = {row.id: (row.name, row.parent_id) for row in rows}

    def path(category_id: str | None) -> tuple[str, ...]:
        names: list[str] = []
        while category_id is not None and len(names) <= DEEPEST:
            name, category_id = known[category_id]
            names.append(name)
        return tuple(reversed(names))

    return [ShownCategory(one.id, one.version, one.name, one.parent_id, path_text(path(one.id))) for one in categories]


def ids_within(uow: UnitOfWork, category_id: str) -> list[str]:
    """Return the ids of a category and of all that lie in it, at any depth."""
    inside: dict[str | None, list[str]] = {}
    for one, parent_id in uow.session.execute(select(Category.id, Category.parent_id)):
        inside.setdefault(parent_id, []).append(one)
    found, following = [category_id], [category_id]
    while following:
        following = [one for parent in following for one in inside.get(parent, ())]
        found += following
    return found


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
    publish_products(uow, products, business_day(now))


def _refuse_duplicate(uow: UnitOfWork, name: str, own_id: str | None) -> None:
    taken = find_category(uow, name)
    if taken is not None and taken.id != own_id:
        detail = f"There is already a category {taken.name}."
        raise DuplicateCategory(
            detail, errors=[FieldError("/name", DuplicateCategory.code, detail)], category_id=taken.id
        )


def _hold_still(uow: UnitOfWork) -> None:
    """Lock all categories: two that move into each other at the same moment would make a loop."""
    uow.session.scalars(select(Category).order_by(Category.id).with_for_update()).all()


def _check_parent(uow: UnitOfWork, own_id: str, parent_id: str | None) -> None:
    """The parent exists, and the category is not among its ancestors."""
    following, steps = parent_id, 0
    while following is not None:
        steps += 1
        if following == own_id or steps > DEEPEST:
            raise CategoryLoop("The parent is the category itself or lies inside it.")
        following = get_or_404(uow.session, Category, following).parent_id
