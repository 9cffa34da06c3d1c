"""The search by pages finds exactly what reading every record would, in all three registers; on both databases."""

from __future__ import annotations

import io
import random
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from services.customers.models import (
    CONTACT_SEARCH,
    CUSTOMER_SEARCH,
    SITE_SEARCH,
    Contact,
    ContactSearchPage,
    Customer,
    CustomerSearchPage,
)
from shared.db.search_pages import SearchPages
from shared.testing.service import Caller, ServiceUnderTest

_PARTS = (
    "Åkerlund",
    "ÄYRÄPÄÄ",
    "öljy",
    "As Oy",
    "Mäki-Matti",
    "o'Neill",
    "100 %",
    "a_b",
    "ﬁ",
    "Straße",
    "  ",
    "Ⅳ",
    "\u00a0",
)
_REGISTERS: dict[str, tuple[dict[str, Any], SearchPages[Any]]] = {
    "customers": ({}, CUSTOMER_SEARCH),
    "contacts": ({}, CONTACT_SEARCH),
    "sites": ({"type": "area"}, SITE_SEARCH),
}
_DIRTY: Sequence[Callable[[str], str]] = (
    str,
    str.upper,
    str.casefold,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFC", text),
)


def invented(chance: random.Random) -> str:
    """A name that people, or their programs, may write: any case, composed or not."""
    name = "".join(chance.choice(_PARTS) for _ in range(chance.randint(1, 4))) + chance.choice("abö-") * 60
    return chance.choice(_DIRTY)(name) + str(chance.randint(1, 30))


def plain(text: str) -> str:
    """Written anew, not taken from the product: compatible forms, no case, single spaces."""
    words = unicodedata.normalize("NFKC", text).casefold().replace("\u00a0", " ").split(" ")
    return " ".join(word for word in words if word)


def all_of(caller: Caller, register: str, limit: int = 50, **query: str) -> list[dict[str, Any]]:
    """Every page of a list, in its order."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        answer = caller.get(
            f"/{register}", query_string={**query, "limit": str(limit), **({"after": after} if after else {})}
        )
        assert answer.status_code == 200, answer.json
        assert len(answer.json["items"]) <= limit
        found += answer.json["items"]
        after = answer.json["next"]
        if after is None:
            return found


def text_of(register: str, record: dict[str, Any]) -> str:
    if register != "customers":
        return plain(record["name"])
    address = record["billing_address"] or {}
    parts = (record["name"], record["number"], record["business_id"], address.get("city"))
    return plain(" ".join(part for part in parts if part))


def check(caller: Caller, register: str, chance: random.Random) -> None:
    known = all_of(caller, register, 200)
    for part in (
        "",
        "åk",
        "ÄYRÄ",
        "i-m",
        "mäki-matti",
        "100 %",
        "%",
        "_",
        "fi",
        "strasse",
        "iv",
        "x y",
        "ei missään",
        "7",
        "zqx",
    ):
        asked = chance.choice(_DIRTY)(part)
        expected = [one["id"] for one in known if plain(asked) in text_of(register, one)]
        assert [one["id"] for one in all_of(caller, register, 7, q=asked)] == expected, (register, asked)


@pytest.mark.parametrize("register", _REGISTERS)
def test_the_search_finds_what_reading_everything_finds(
    register: str, office: Caller, service: ServiceUnderTest
) -> None:
    chance = random.Random(register)
    fields, search = _REGISTERS[register]
    for _ in range(45):
        # Ids that clients choose lie anywhere among the others.
        body = {"id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "name": invented(chance), **fields}
        assert office.post(f"/{register}", body).status_code == 201
    check(office, register, chance)
    assert search.pack_all(service.database) == 0, "so few are not worth it"
    assert search.pack_all(service.database, worth=1) >= 45
    assert search.pack_all(service.database, worth=1) == 0
    records = all_of(office, register)
    assert {one["version"] for one in records} == {1}, "to be found faster is no change"
    check(office, register, chance)
    for one in records[:15]:
        assert (
            office.patch(f"/{register}/{one['id']}", {"name": invented(chance) + "Zqx"}, if_match=1).status_code == 200
        )
    check(office, register, chance)
    search.pack_all(service.database, worth=1)
    check(office, register, chance)


def bring_in(office: Caller, names: Sequence[str]) -> None:
    lines = ["Asiakasnumero;Nimi;Yhteyshenkilö", *(f"{n};{name};Maija {name}" for n, name in enumerate(names, 1))]
    file = io.BytesIO("\n".join(lines).encode())
    answer = office.post(
        "/imports?register=customers&mode=confirm",
        data={"file": (file, "asiakkaat.csv")},
        content_type="multipart/form-data",
    )
    assert answer.json["counts"]["refused"] == 0, answer.json


def test_an_import_packs_what_it_makes_and_changes(office: Caller, service: ServiceUnderTest) -> None:
    names = [f"Vanha {'x' * 90} {n}" for n in range(60)]
    bring_in(office, names)
    assert len(all_of(office, "customers", q="vanha")) == len(all_of(office, "contacts", q="maija vanha")) == 60
    bring_in(office, [name.replace("Vanha", "Uusi") for name in names])
    with service.begin() as uow:
        for model, pages in ((Customer, CustomerSearchPage), (Contact, ContactSearchPage)):
            assert uow.session.scalars(select(model).where(model.search_page.is_(None))).all() == []
            assert 1 < uow.session.scalar(select(func.count()).select_from(pages)) < 60
    assert len(all_of(office, "customers", q="uusi")) == 60
    assert all_of(office, "customers", q="vanha") == []


def test_own_fields_are_found_by_pages_too(service: ServiceUnderTest, office: Caller) -> None:
    boss = service.caller("tenant.manage")
    for register, kind, key in (("customers", "text", "heat"), ("sites", "yes_no", "roof")):
        labels = {"register": register, "key": key, "type": kind, "labels": {"fi": "X"}}
        assert boss.post("/extra-fields", labels).status_code == 201
    heats = ["Kauko  lämpö", "Kauko", "öljy", "Kauko lämpö ja öljy"]
    made = [office.post("/customers", {"name": f"A {n}", "extra": {"heat": heat}}).json for n, heat in enumerate(heats)]
    roofs = [office.post("/sites", {"type": "area", "name": "B", "extra": {"roof": n % 2 == 0}}).json for n in range(4)]
    for worth in (1000, 1):
        CUSTOMER_SEARCH.pack_all(service.database, worth=worth)
        SITE_SEARCH.pack_all(service.database, worth=worth)
        for customer in made:
            query = {"extra_field": "heat", "extra_value": customer["extra"]["heat"]}
            assert [one["id"] for one in all_of(office, "customers", **query)] == [customer["id"]]
        flat = all_of(office, "sites", extra_field="roof", extra_value="true", q="b")
        assert [one["id"] for one in flat] == [roofs[0]["id"], roofs[2]["id"]]
    office.patch(f"/customers/{made[0]['id']}", {"extra": {"heat": "maa"}}, if_match=1)
    assert [one["id"] for one in all_of(office, "customers", extra_field="heat", extra_value="maa")] == [made[0]["id"]]
    assert all_of(office, "customers", extra_field="heat", extra_value=heats[0]) == []


def test_who_was_merged_is_found_by_pages_too(office: Caller, service: ServiceUnderTest) -> None:
    merged, survivor = (office.post("/customers", {"name": name}).json["id"] for name in ("Haapa Oy", "Koivu Oy"))
    body = {"into": survivor, "into_version": 1}
    assert office.post(f"/customers/{merged}/merge", body, if_match=1).status_code == 200
    for worth in (1000, 1):
        CUSTOMER_SEARCH.pack_all(service.database, worth=worth)
        assert [one["id"] for one in all_of(office, "customers", q="haapa")] == [survivor]


def test_erasing_a_person_leaves_no_name_on_a_page(office: Caller, service: ServiceUnderTest) -> None:
    person = office.post("/contacts", {"name": "Aino Salainen"}).json
    other = office.post("/contacts", {"name": "Eino Muu"}).json
    CONTACT_SEARCH.pack_all(service.database, worth=1)
    office.patch(f"/contacts/{person['id']}", {"name": "Aino Uusisalo"}, if_match=1)
    CONTACT_SEARCH.pack_all(service.database, worth=1)
    assert office.post(f"/contacts/{person['id']}/erase").status_code == 200
    with service.begin() as uow:
        texts = " ".join(uow.session.scalars(select(ContactSearchPage.texts)))
    assert "salainen" not in texts
    assert "uusisalo" not in texts
    assert [one["id"] for one in all_of(office, "contacts", q="eino")] == [other["id"]]
    assert all_of(office, "contacts", q="aino uusi") == []


@pytest.mark.parametrize("register", _REGISTERS)
def test_a_search_sees_only_ones_own(register: str, office: Caller, stranger: Caller) -> None:
    fields, _ = _REGISTERS[register]
    for caller, name in ((office, "Suodatin A"), (stranger, "Suodatin B")):
        caller.post(f"/{register}", {"name": name, **fields})
    assert [one["name"] for one in all_of(office, register, q="suodatin")] == ["Suodatin A"]
    assert office.get(f"/{register}?q=a&after=x").status_code == 400
