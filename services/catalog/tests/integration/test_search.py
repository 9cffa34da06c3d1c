"""The search by pages finds exactly what reading every product would; on both databases."""

from __future__ import annotations

import io
import random
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from services.catalog.bootstrap import SERVICE
from services.catalog.models import PRODUCT_SEARCH, Product, SearchPage
from shared.testing.service import Caller, ServiceUnderTest, service_under_test

WORDS = ("suodatin", "venttiili", "putki", "kaapeli", "100 %", "a_b", "öljy")


def name(number: int, chance: random.Random) -> str:
    return f"{chance.choice(WORDS)}{chance.choice(WORDS)} {number % 60} mm " + "x" * 150


def bring_in(office: Caller, names: dict[str, str]) -> None:
    lines = ["Tuotekoodi;Nimike;Tuoteryhmä;EAN", *(f"{code};{text};Huolto;{'9' * 60}" for code, text in names.items())]
    file = io.BytesIO("\n".join(lines).encode())
    answer = office.post(
        "/imports?mode=confirm", data={"file": (file, "tuotteet.csv")}, content_type="multipart/form-data"
    )
    assert answer.json["counts"]["refused"] == 0


def make(office: Caller, code: str, text: str) -> str:
    body = {"id": str(uuid.uuid4()), "code": code, "name": text, "category_name": "Muu"}
    assert office.post("/products", body).status_code == 201
    return str(body["id"])


def found(office: Caller, part: str, limit: int, **filters: str) -> list[str]:
    """All pages of a search, in their order."""
    codes, after = [], None
    while True:
        query = {"q": part, "limit": str(limit), **filters, **({"after": after} if after else {})}
        page = office.get("/products", query_string=query).json
        assert len(page["items"]) <= limit
        codes += [one["code"] for one in page["items"]]
        after = page["next"]
        if after is None:
            return codes


def texts(service: ServiceUnderTest) -> dict[str, str]:
    """Code → search text of the products in use, oldest first."""
    with service.begin() as uow:
        statement = select(Product.code, Product.search_text).where(Product.archived_at.is_(None)).order_by(Product.id)
        return {row.code: row.search_text for row in uow.session.execute(statement)}


PARTS = ("suodatin", "iliputki", "59 mm", "k-0007", "100 %", "a_b", "öljy", "x", "uusi nimi", "ei missään", "%", "_")


def check(office: Caller, service: ServiceUnderTest) -> None:
    known = texts(service)
    for part in PARTS:
        assert found(office, part, 60) == [code for code, text in known.items() if part in text], part


def test_the_search_finds_what_reading_everything_finds(office: Caller, service: ServiceUnderTest) -> None:
    chance = random.Random(7)
    bring_in(office, {f"K-{number:04}": name(number, chance) for number in range(460)})
    with service.begin() as uow:
        assert uow.session.scalar(select(func.count()).select_from(SearchPage)) > 64, "more than are asked for at once"
        assert uow.session.scalars(select(Product).where(Product.search_page.is_(None))).all() == []
    check(office, service)
    # Ids that clients chose lie anywhere among the others; names change; products go out of use.
    made = [make(office, f"M-{number}", name(number, chance)) for number in range(40)]
    for number, product in enumerate(made[:20]):
        body = {"name": f"Uusi nimi {number}"}
        assert office.patch(f"/products/{product}", body, if_match=1).status_code == 200
    known = office.get("/products?q=k-00&limit=200").json["items"]
    for one in known[:10]:
        assert office.patch(f"/products/{one['id']}", {"name": "Uusi nimi"}, if_match=one["version"]).status_code == 200
        assert office.post(f"/products/{one['id']}/archive").status_code == 200
    check(office, service)
    versions = {one["id"]: one["version"] for one in office.get("/products?limit=200").json["items"]}
    assert PRODUCT_SEARCH.pack_all(service.database) == 0, "so few are not worth it"
    assert PRODUCT_SEARCH.pack_all(service.database, worth=1) >= 40 + 10
    assert PRODUCT_SEARCH.pack_all(service.database, worth=1) == 0
    assert {one["id"]: one["version"] for one in office.get("/products?limit=200").json["items"]} == versions
    check(office, service)
    assert found(office, "uusi nimi", 3, archived="true") == [one["code"] for one in known[:10]]
    renamed = office.get(f"/products/{made[0]}").json
    office.patch(f"/products/{made[0]}", {"name": "59 mm"}, if_match=renamed["version"])
    check(office, service)


def test_pages_that_nothing_is_on_go_away(office: Caller, service: ServiceUnderTest) -> None:
    names = {f"K-{number:04}": f"Vanha {number}" for number in range(90)}
    bring_in(office, names)
    bring_in(office, {code: text.replace("Vanha", "Uusi") for code, text in names.items()})
    assert found(office, "uusi 12", 200) == [code for code, text in names.items() if "a 12" in text]
    assert found(office, "vanha", 200) == []
    make(office, "M", "Muu")
    PRODUCT_SEARCH.pack_all(service.database, worth=1)
    with service.begin() as uow:
        assert uow.session.scalars(select(SearchPage).where(SearchPage.texts.contains("vanha"))).all() == []


def test_sqlite_never_walks_all_products_for_a_search(tmp_path: Path) -> None:
    with service_under_test(SERVICE, "sqlite", tmp_path) as service:
        office = service.caller("products.read", "products.write")
        bring_in(office, {f"K-{number:04}": f"Suodatin {number} " + "x" * 150 for number in range(60)})
        asked: list[tuple[str, Any]] = []

        def note(_connection: object, _cursor: object, statement: str, values: Any, *_others: object) -> None:
            if "FROM products" in statement:
                asked.append((statement, values))

        event.listen(service.engine, "before_cursor_execute", note)
        assert len(found(office, "suodatin", 200)) == 60
        assert found(office, "5", 200, barcode="9" * 60) == [f"K-{n:04}" for n in range(60) if "5" in str(n)]
        assert len(office.get(f"/products?barcode={'9' * 60}").json["items"]) == 50
        event.remove(service.engine, "before_cursor_execute", note)
        with service.engine.connect() as connection:
            plans = [
                [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)][0]
                for statement, values in asked
            ]
        assert len(plans) == 3 + 3 + 1
        narrow = re.compile(r"\b(search_page|barcode|id)=\?")
        assert all(narrow.search(plan) for plan in plans), plans


@pytest.mark.parametrize("after", ["x", "AAAA"])
def test_a_cursor_that_is_none_of_ours_is_refused(office: Caller, after: str) -> None:
    assert office.get(f"/products?q=a&after={after}").status_code == 400


def test_a_search_sees_only_ones_own_products(office: Caller, stranger: Caller) -> None:
    bring_in(office, {"A": "Suodatin"})
    bring_in(stranger, {"B": "Suodatin"})
    assert found(office, "suodatin", 10) == ["A"]
    assert found(stranger, "suodatin", 10) == ["B"]
