"""The migrations on a filled database of the release before them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, column, select, table, text
from sqlalchemy.exc import DatabaseError

from services.catalog.app.search import find_products, pack_all
from services.catalog.models import Category, Price, Product, StoredPriceFact
from shared.clock import utc_now
from shared.context import Context
from shared.db import Database, make_engine, migrate
from shared.db.database import AlreadyExists
from shared.db.engine import WRITES
from shared.ids import new_id
from shared.testing.servers import temporary_database

TENANT, CATEGORY, PRODUCT, FACT = (new_id() for _ in range(4))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path}/old.sqlite")
        yield made
        made.dispose()
        return
    with temporary_database("catalog_old") as url:
        made = make_engine(url)
        yield made
        made.dispose()


def bring_to(engine: Engine, revision: str) -> None:
    config = migrate._config("catalog")
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill(engine: Engine) -> None:
    """A product of the third migration, with a bar code, a list price and a price of a group."""
    stamp = {"tenant_id": TENANT, "version": 7, "created_at": utc_now(), "changed_at": utc_now()}
    period = {"tenant_id": TENANT, "product_id": PRODUCT, "currency": "EUR", "valid_from": date(2026, 1, 1)}
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('urakka.tenant_id', '*', true)"))
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
            # Only the columns that were there: the model has those of now.
            types = {name: model.__table__.c[name].type for name in values}
            old = table(model.__tablename__, *(column(name, kind) for name, kind in types.items()))
            connection.execute(old.insert().values(values))


def test_prices_and_products_of_before_are_told_and_found(engine: Engine) -> None:
    bring_to(engine, "0003")
    fill(engine)
    migrate.upgrade(engine, "catalog")
    database = Database(engine)
    context = Context(tenant_id=TENANT, actor=new_id())
    for worth, packed in ((2, 0), (1, 1)):  # found before it is on a search page, and after
        assert pack_all(database, worth=worth) == packed
        with database.read(context) as uow:
            product = uow.session.get(Product, PRODUCT)
            assert (product.version, product.is_set, product.target_accounts) == (7, False, {})
            for part in ("lamp", "641abc"):
                found = find_products(uow, select(Product), part, limit=5, after=None)
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
