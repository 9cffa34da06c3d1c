"""The migrations on a filled database of the release before them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DatabaseError

from services.catalog.models import PRODUCT_SEARCH, Category, Price, Product, StoredPriceFact
from shared.clock import utc_now
from shared.context import Context
from shared.db import Database, migrate
from shared.db.database import AlreadyExists
from shared.ids import new_id
from shared.testing.old_release import insert_of_then, rows_of_every_tenant

TENANT, CATEGORY, PRODUCT, FACT = (new_id() for _ in range(4))


def fill(engine: Engine) -> None:
    """A product of the third migration, with a bar code, a list price and a price of a group."""
    stamp = {"tenant_id": TENANT, "version": 7, "created_at": utc_now(), "changed_at": utc_now()}
    period = {"tenant_id": TENANT, "product_id": PRODUCT, "currency": "EUR", "valid_from": date(2026, 1, 1)}
    with rows_of_every_tenant(engine) as connection:
        for model, values in (
            (Category, {**stamp, "id": CATEGORY, "name": "Työ", "name_key": "työ"}),
            (Product, {
                **stamp, "id": PRODUCT, "code": "A", "code_key": "a", "name": "Lamppu", "kind": "material",
                "category_id": CATEGORY, "unit": "kpl", "list_price": Decimal("9.9"), "vat_class": "standard",
                "barcode": "641ABC", "field_recordable": True, "price_editable": False, "construction_service": False,
                "invoice_text": {}, "target_codes": {}, "search_text": "a lamppu", "withdrawn": False,
            }),
            (Price, {**period, "id": new_id(), "price": Decimal("9.9")}),
            (StoredPriceFact, {
                **period, "id": FACT, "scope_key": "group:A", "price_group": "A", "min_quantity": Decimal(0),
                "price": Decimal(8),
            }),
        ):  # fmt: skip
            insert_of_then(connection, model.__table__, values)


def test_prices_and_products_of_before_are_told_and_found(any_engine: Engine) -> None:
    migrate.upgrade(any_engine, "catalog", "0003")
    fill(any_engine)
    migrate.upgrade(any_engine, "catalog")
    database = Database(any_engine)
    context = Context(tenant_id=TENANT, actor=new_id())
    for worth, packed in ((2, 0), (1, 1)):  # found before it is on a search page, and after
        assert PRODUCT_SEARCH.pack_all(database, worth=worth) == packed
        with database.read(context) as uow:
            product = uow.session.get(Product, PRODUCT)
            assert (product.version, product.is_set, product.target_accounts) == (7, False, {})
            for part in ("lamp", "641abc"):
                named = select(Product).where(Product.search_text.contains(part))
                found = PRODUCT_SEARCH.find(uow, named, part, limit=5, after=None)
                assert [one.code for one in found.items] == ["A"]
            fact = uow.session.get(StoredPriceFact, FACT)
            assert (fact.version, fact.price, fact.changed_at.year) == (1, Decimal(8), 2026)
    with pytest.raises((DatabaseError, AlreadyExists)):
        _store_another(database, context)


def _store_another(database: Database, context: Context) -> None:
    with database.begin(context) as uow:
        again = {"product_id": PRODUCT, "scope_key": "group:A", "price_group": "A", "min_quantity": Decimal(0)}
        uow.session.add(StoredPriceFact(**again, price=Decimal(7), currency="EUR", valid_from=date(2026, 6, 1)))
        uow.commit()
