"""How fast the catalogue answers, large and a tenth of it (PostgreSQL), and how fast prices are resolved in process."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import insert, text

from services.catalog.app.products import new_record
from services.catalog.bootstrap import SERVICE
from services.catalog.domain.product import new_product
from services.catalog.models import PRODUCT_SEARCH, Category, Price, Product, StoredPriceFact
from shared.ids import new_id
from shared.periods import Period
from shared.prices import PriceBook, PriceFact, Question, Scope
from shared.testing.service import ServiceUnderTest, service_under_test
from tests.bench.end_points import EndPoint, measure_calls

SLOW: Final = frozenset({"products: page of 200"})
"""Pages of 200 records: their figures explain, they have no bar."""
FACTS_PER_PRODUCT: Final = 4
PRODUCTS_PER_CUSTOMER: Final = 25
"""Customers and sites have agreements; the most wanted product has one for each of them."""
_NOW = datetime(2026, 11, 21, tzinfo=UTC)
_DAY = date(2026, 11, 21)
_AT_ONCE = 5_000
_WORDS = """
    suodatin venttiili putki kaapeli johto lamppu kytkin liitin tiiviste pumppu moottori anturi kansi kiinnike ruuvi
    mutteri laakeri hihna letku sulake rele ohjain kela muhvi kulma haara laippa kannake pistorasia kotelo
""".split()  # noqa: SIM905 - thirty quoted words are harder to read
_KINDS = ("ilman", "veden", "öljyn", "sähkö", "lämpö", "poisto", "tulo", "huolto", "vara", "paine", "imu", "kulma")


def measure_catalog(folder: Path, *, products: int, calls: int) -> list[EndPoint]:
    """Fill two databases, one with a tenth of the other, and ask both the same, in turn."""
    with ExitStack() as stack:
        sides = []
        for name, count in (("large", products), ("tenth", products // 10)):
            where = folder / name
            where.mkdir()
            service = stack.enter_context(service_under_test(SERVICE, "postgresql", where))
            sides.append((service.caller("products.read", "prices.read"), _fill(service, count)))
        return [measure_calls(name, sides, calls) for name in sides[0][1]]


def measure_resolutions(*, facts: int, questions: int) -> float:
    """Return price resolutions per second, from a book of that many facts."""
    chance = random.Random(4)
    products = [new_id() for _ in range(facts // FACTS_PER_PRODUCT)]
    customers = [new_id() for _ in range(max(20, len(products) // PRODUCTS_PER_CUSTOMER))]
    book = PriceBook(
        (
            fact["product_id"],
            PriceFact(
                fact["id"],
                _scope(fact),
                Period(fact["id"], fact["valid_from"], fact["valid_to"]),
                fact["min_quantity"],
                fact["price"],
                fact["discount_percent"],
            ),
        )
        for fact in _facts(products, customers, chance)
    )
    asked = [
        (products[0] if number % 10 == 0 else chance.choice(products), _question(chance.choice(customers)))
        for number in range(questions)
    ]
    began = time.perf_counter()
    for product, question in asked:
        book.resolve(product, question)
    return questions / (time.perf_counter() - began)


def _question(customer: str) -> Question:
    return Question(_DAY, Decimal(5), customer, f"G{int(customer[-1], 16) % 5}", (customer, new_id()))


def _scope(fact: Mapping[str, Any]) -> Scope:
    return Scope(fact["price_group"], fact["customer_id"], fact["site_id"])


def _fill(service: ServiceUnderTest, count: int) -> dict[str, str]:
    """Store products with list prices and `FACTS_PER_PRODUCT` other prices each; returns name → path to ask."""
    chance = random.Random(count)
    tenant = {"tenant_id": service.tenant_id}
    stamp = {**tenant, "version": 1, "created_at": _NOW, "changed_at": _NOW}
    categories = [Category(id=new_id(), name=f"Ryhmä {n}", name_key=f"ryhmä {n}", parent_id=None) for n in range(40)]
    products = [_product(number, count, categories[number % 40]) for number in range(count)]
    ids = [product.id for product in products]
    customers = [new_id() for _ in range(max(20, len(products) // PRODUCTS_PER_CUSTOMER))]
    tables: list[tuple[type[Any], Iterator[dict[str, Any]]]] = [
        (Category, ({**stamp, "id": one.id, "name": one.name, "name_key": one.name_key} for one in categories)),
        (Product, ({**_columns(one), **stamp, "search_text": one.search_line(), "withdrawn": False, "is_set": False}
                   for one in products)),
        (Price, ({**tenant, "id": new_id(), "product_id": one, "price": Decimal("9.9"), "currency": "EUR",
                  "valid_from": date(2026, 1, 1)} for one in ids)),
        (StoredPriceFact, ({**stamp, "currency": "EUR", "scope_key": _scope(fact).key, **fact}
                           for fact in _facts(ids, customers, chance))),
    ]  # fmt: skip
    with service.begin() as uow:
        for model, rows in tables:
            listed = list(rows)
            for start in range(0, len(listed), _AT_ONCE):
                uow.session.execute(insert(model), listed[start : start + _AT_ONCE])
        uow.session.commit()
    PRODUCT_SEARCH.pack_all(service.database)
    with service.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return _paths(products, categories, customers)


def _paths(products: Sequence[Product], categories: Sequence[Category], customers: Sequence[str]) -> dict[str, str]:
    one = products[len(products) * 2 // 3]
    whose = f"customer={customers[-1]}&price_group=G1&site={customers[-1]}&on={_DAY}&quantity=5"
    return {
        "products: first page": "/products",
        "products: page of 200": "/products?limit=200",
        "products: by code": f"/products?code={one.code}",
        "products: by bar code": f"/products?barcode={one.barcode}",
        "products: of a category": f"/products?category_id={categories[7].id}",
        "products: within a category": f"/products?within={categories[7].id}",
        "products: of a rare kind": "/products?kind=subcontracting",
        "products: archived": "/products?archived=true",
        "products: a common word": f"/products?q={_WORDS[3]}",
        "products: one name": f"/products?q={quote(one.name)}",
        "products: a part of a code": f"/products?q={one.code[2:]}",
        "products: one": f"/products/{one.id}",
        "prices: of a product": f"/prices?product_id={one.id}",
        "prices: of a customer": f"/prices?customer_id={customers[5]}",
        "prices: what one costs, and why": f"/prices/explain?product={one.id}&{whose}",
        "prices: the most wanted product": f"/prices/explain?product={products[0].id}&{whose}",
    }


def _product(number: int, count: int, category: Category) -> Product:
    word = f"{_KINDS[number % 12]}{_WORDS[number % 30]}"
    fields = new_product(
        {
            "code": f"{word[:3].upper()}-{number:06}",
            "name": f"{word.capitalize()} {number % 97} x {number // 97} mm",
            "kind": "subcontracting" if number % (count // 20) == 0 else "material",
            "barcode": f"64{number:011}",
        }
    )
    product = new_record(new_id(), fields, category, Decimal("9.9"))
    product.archived_at = _NOW if number % (count // 30) == 1 else None
    return product


def _columns(product: Product) -> dict[str, Any]:
    return {column.key: getattr(product, column.key) for column in Product.__mapper__.column_attrs}


def _facts(products: Sequence[str], customers: Sequence[str], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield facts: an agreement of each customer for the first product, some of each kind for the others."""
    first = date(2026, 1, 1)
    empty = {"price_group": None, "customer_id": None, "site_id": None, "min_quantity": Decimal(0), "valid_to": None}
    for customer in customers:
        yield {**empty, "id": new_id(), "product_id": products[0], "customer_id": customer, "valid_from": first,
               "price": None, "discount_percent": Decimal(chance.randrange(1, 30))}  # fmt: skip
    for number in range(len(products) * FACTS_PER_PRODUCT - len(customers)):
        product = products[1 + number % (len(products) - 1)]
        turn = number // (len(products) - 1)
        whom: dict[str, Any] = [
            {"price_group": f"G{number % 5}"},
            {"price_group": f"G{number % 5}", "min_quantity": Decimal(10)},
            {"customer_id": customers[number % len(customers)]},
            {"site_id": customers[number % len(customers)]},
        ][turn % 4]
        yield {**empty, **whom, "id": new_id(), "product_id": product, "price": Decimal(chance.randrange(1, 99)),
               "discount_percent": None, "valid_from": first + timedelta(days=number % 200)}  # fmt: skip
