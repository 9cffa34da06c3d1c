"""Set products: what they may consist of, the rows that they become, what others are told; on both databases."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from shared.ids import new_id
from shared.testing.service import SERVICE_TOKEN, Caller, ServiceUnderTest


def make(office: Caller, code: str, price: str | None = None) -> str:
    body = {"code": code, "name": f"Tuote {code}", "category_name": "Huolto", "list_price": price}
    answer = office.post("/products", body)
    assert answer.status_code == 201
    return str(answer.json["id"])


def version_of(office: Caller, product: str) -> int:
    return int(office.get(f"/products/{product}").json["version"])


def put(office: Caller, product: str, *components: dict[str, str], if_match: int | None = None):
    version = version_of(office, product) if if_match is None else if_match
    return office.call("PUT", f"/products/{product}/components", json={"components": components}, if_match=version)


def part(product: str, quantity: str = "1", **more: str) -> dict[str, str]:
    return {"product_id": product, "quantity": quantity, **more}


@pytest.fixture
def kit(office: Caller) -> tuple[str, str, str]:
    """A set of two, not yet put together, and its parts."""
    return make(office, "SARJA", "120.00"), make(office, "TYO", "57.75"), make(office, "OSA", "12.50")


def test_a_set_is_put_together_shown_and_told(
    office: Caller, service: ServiceUnderTest, kit: tuple[str, str, str]
) -> None:
    whole, work, spare = kit
    answer = put(office, whole, part(work, "1.5"), part(spare, "2"))
    assert answer.status_code == 200
    assert [(one["code"], one["quantity"], one["share_weight"]) for one in answer.json["components"]] == [
        ("TYO", "1.500", None),
        ("OSA", "2.000", None),
    ]
    shown = office.get(f"/products/{whole}/components")
    assert shown.json == answer.json
    assert shown.headers["ETag"] == answer.headers["ETag"] == office.get(f"/products/{whole}").headers["ETag"]
    assert [one["code"] for one in office.get("/products?is_set=true").json["items"]] == ["SARJA"]
    event = service.events("product.changed.v1")[-1]
    assert event.data["components"] == [
        {"product_id": work, "quantity": "1.500", "share_weight": None},
        {"product_id": spare, "quantity": "2.000", "share_weight": None},
    ]
    path = f"/internal/v1/snapshot/product?after={whole[:-12]}000000000000"
    page = service.app.test_client().get(path, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"}).json
    assert [item["data"] for item in page["items"] if item["id"] == whole] == [event.data]
    count = len(service.events())
    assert put(office, whole, part(work, "1.5"), part(spare, "2")).headers["ETag"] == shown.headers["ETag"]
    assert len(service.events()) == count, "the same again is no change"
    assert put(office, whole, part(spare, "3"), part(work, "1.5")).status_code == 200
    assert [one["code"] for one in office.get(f"/products/{whole}/components").json["components"]] == ["OSA", "TYO"]
    assert put(office, whole).json == {"components": []}
    assert office.get(f"/products/{whole}").json["is_set"] is False
    assert service.events("product.changed.v1")[-1].data["components"] == []


def test_a_set_becomes_rows_that_add_up(office: Caller, kit: tuple[str, str, str]) -> None:
    whole, work, spare = kit
    third = make(office, "MUU", "1.4520")
    put(office, whole, part(work, "0.333"), part(spare, "2"), part(third, "17"))
    answer = office.get(f"/products/{whole}/expansion?discount_percent=8").json
    assert answer["net"] == "110.40"
    assert sum(Decimal(row["net"]) for row in answer["rows"]) == Decimal("110.40")
    assert [(row["code"], row["quantity"], row["discount_percent"]) for row in answer["rows"]] == [
        ("TYO", "0.333", "8"),
        ("OSA", "2.000", "8"),
        ("MUU", "17.000", "8"),
    ]
    assert office.get(f"/products/{whole}/expansion?quantity=-2&unit_price=99.99").json["net"] == "-199.98"
    put(office, whole, part(work, share_weight="3"), part(spare, share_weight="1"))
    assert [row["net"] for row in office.get(f"/products/{whole}/expansion").json["rows"]] == ["90.00", "30.00"]
    assert office.get(f"/products/{work}/expansion").json["code"] == "product_set.not_expandable"
    assert office.get(f"/products/{whole}/expansion?on=2020-01-01").status_code == 409
    assert office.get(f"/products/{whole}/expansion?quantity=0").status_code == 422


def test_every_wrong_component_is_named(office: Caller, stranger: Caller, kit: tuple[str, str, str]) -> None:
    whole, work, spare = kit
    other_set, archived, foreign = make(office, "SARJA-2"), make(office, "VANHA"), make(stranger, "VIERAS")
    assert put(office, other_set, part(spare)).status_code == 200
    office.post(f"/products/{archived}/archive")
    answer = put(
        office,
        whole,
        part(work),
        part(work, share_weight="1"),
        part(whole),
        part(other_set),
        part(archived),
        part(foreign),
        part(new_id()),
    )
    assert answer.status_code == 422
    assert {(error["pointer"], error["code"]) for error in answer.json["errors"]} == {
        ("/components/0/share_weight", "all_or_none"),
        ("/components/1/product_id", "duplicate"),
        ("/components/2/product_id", "set_in_set"),
        ("/components/3/product_id", "set_in_set"),
        ("/components/4/product_id", "product.archived"),
        ("/components/5/product_id", "unknown_product"),
        ("/components/6/product_id", "unknown_product"),
    }
    nested = put(office, spare, part(work))
    assert [error["code"] for error in nested.json["errors"]] == ["set_in_set"], "a component does not become a set"
    weightless = put(office, whole, part(work, share_weight="0"))
    assert [error["code"] for error in weightless.json["errors"]] == ["no_weight"]
    assert office.get(f"/products/{whole}/components").json == {"components": []}


def test_a_set_in_use_keeps_its_components(office: Caller, kit: tuple[str, str, str]) -> None:
    whole, work, _ = kit
    put(office, whole, part(work))
    refused = office.post(f"/products/{work}/archive")
    assert (refused.status_code, refused.json["code"], refused.json["products"]) == (409, "product.in_set", ["SARJA"])
    assert office.post(f"/products/{whole}/archive").status_code == 200
    assert office.post(f"/products/{work}/archive").status_code == 200
    assert office.post(f"/products/{whole}/restore").json["code"] == "product.in_set"
    assert office.post(f"/products/{work}/restore").status_code == 200
    assert office.post(f"/products/{whole}/restore").status_code == 200


def test_rights_and_versions_are_checked(
    office: Caller, stranger: Caller, service: ServiceUnderTest, kit: tuple[str, str, str]
) -> None:
    whole, work, _ = kit
    assert put(office, whole, part(work), if_match=99).status_code == 412
    assert office.call("PUT", f"/products/{whole}/components", json={"components": []}).status_code == 428
    reader = service.caller("products.read")
    assert put(reader, whole, part(work)).status_code == 403
    assert reader.get(f"/products/{whole}/components").status_code == 200
    assert reader.get(f"/products/{whole}/expansion").status_code == 403
    assert stranger.get(f"/products/{whole}/components").status_code == 404
    assert stranger.get(f"/products/{whole}/expansion").status_code == 404
    assert put(stranger, whole, part(work), if_match=1).status_code == 404


def test_an_import_is_not_taken_back_from_under_a_set(office: Caller, kit: tuple[str, str, str]) -> None:
    content = "Tuotekoodi;Nimike;Tuoteryhmä\nUUSI;Uusi;Huolto\n".encode()
    made = office.post(
        "/imports?mode=confirm",
        data={"file": (io.BytesIO(content), "tuotteet.csv")},
        content_type="multipart/form-data",
    ).json
    (new,) = office.get("/products?code=UUSI").json["items"]
    assert put(office, kit[0], part(new["id"])).status_code == 200
    assert office.post(f"/imports/{made['id']}/undo").json["code"] == "import.records_touched"
    assert put(office, kit[0]).status_code == 200
    assert office.post(f"/imports/{made['id']}/undo").status_code == 200


def test_a_malformed_component_hides_no_unknown_one(office: Caller, kit: tuple[str, str, str]) -> None:
    whole, work, _ = kit
    problem = put(office, whole, part(work, "1,5"), part(new_id()), part(whole))
    assert problem.status_code == 400
    assert {(error["pointer"], error["code"]) for error in problem.json["errors"]} == {
        ("/components/0/quantity", "invalid"),
        ("/components/1/product_id", "unknown_product"),
        ("/components/2/product_id", "set_in_set"),
    }
    assert office.get(f"/products/{whole}/components").json["components"] == []
