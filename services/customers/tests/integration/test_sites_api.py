"""The site tree through the HTTP API, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.customers.app.days import turn_day
from shared.clock import business_day, utc_now
from shared.ids import new_id
from shared.testing.service import Caller, ServiceUnderTest

TODAY = business_day(utc_now())


def day(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


@pytest.fixture
def haapapiha(office: Caller) -> dict[str, Any]:
    """As Oy Esimerkin Haapapiha → Haapatie 4 → lämmönjakohuone → LS-01 (domain.md §11.1)."""
    customer = office.post("/customers", {"name": "As Oy Esimerkin Haapapiha"}).json
    found: dict[str, Any] = {"customer": customer}
    parent = None
    for key, kind, name in (
        ("property", "property", "Haapapiha"),
        ("building", "building", "Haapatie 4"),
        ("room", "space", "Lämmönjakohuone"),
        ("device", "device", "Lämmönsiirrin LS-01"),
    ):
        body = {"type": kind, "name": name, "parent_id": parent}
        if key == "property":
            body["customer_id"] = customer["id"]
        found[key] = office.post("/sites", body).json
        parent = found[key]["id"]
    return found


def test_what_lies_below_belongs_to_the_customer(office: Caller, haapapiha: dict[str, Any]) -> None:
    device = haapapiha["device"]
    assert device["customer_id"] == haapapiha["customer"]["id"]
    assert device["path"].split("/")[1:] == [haapapiha[key]["id"] for key in ("property", "building", "room", "device")]
    listed = office.get(f"/sites?customer={haapapiha['customer']['id']}").json["items"]
    assert len(listed) == 4


def test_the_nearest_attached_customer_wins_on_its_days(
    office: Caller, service: ServiceUnderTest, haapapiha: dict[str, Any]
) -> None:
    shop = office.post("/customers", {"name": "Kahvila"}).json
    room, device = haapapiha["room"]["id"], haapapiha["device"]["id"]
    before = len(service.events("site.changed.v1"))
    attached = office.post(
        f"/sites/{room}/attachments", {"customer_id": shop["id"], "valid_from": day(-10), "valid_to": day(5)}
    )
    assert attached.status_code == 201

    def owner(on: str) -> str | None:
        customer = office.get(f"/sites/{device}/customer?on={on}").json["customer"]
        return customer and customer["name"]

    assert [owner(day(offset)) for offset in (-11, -10, 5)] == [None, "Kahvila", "Kahvila"]
    assert owner(day(6)) == "As Oy Esimerkin Haapapiha"
    told = service.events("site.changed.v1")[before:]
    assert {event.subject: event.data["customer_id"] for event in told} == {room: shop["id"], device: shop["id"]}


def test_a_sold_building_changes_hands_from_the_day_of_sale(
    office: Caller, service: ServiceUnderTest, haapapiha: dict[str, Any]
) -> None:
    buyer = office.post("/customers", {"name": "Ostaja"}).json
    path = f"/sites/{haapapiha['property']['id']}/attachments"
    before = len(service.events("site.changed.v1"))
    assert office.post(path, {"customer_id": buyer["id"], "valid_from": day(3)}).status_code == 201
    (told,) = service.events("site.changed.v1")[before:]
    assert (told.aggregate_version, told.data["customer_id"]) == (2, haapapiha["customer"]["id"])
    first, second = office.get(path).json["items"]
    assert (first["valid_to"], second["valid_from"], second["valid_to"]) == (day(2), day(3), None)
    overlapping = office.post(path, {"customer_id": buyer["id"], "valid_from": day(1)})
    assert (overlapping.status_code, overlapping.json["code"]) == (409, "period.overlap")
    backwards = office.post(path, {"customer_id": buyer["id"], "valid_from": day(9), "valid_to": day(8)})
    assert backwards.status_code == 422


def test_an_attachment_can_be_ended(office: Caller, haapapiha: dict[str, Any]) -> None:
    path = f"/sites/{haapapiha['property']['id']}/attachments"
    (attachment,) = office.get(path).json["items"]
    assert office.patch(f"{path}/{attachment['id']}", {"valid_to": TODAY.isoformat()}).status_code == 200
    assert office.patch(f"{path}/{attachment['id']}", {"valid_to": day(-1)}).status_code == 422
    assert office.patch(f"{path}/{new_id()}", {"valid_to": None}).status_code == 404
    assert office.get(f"/sites/{haapapiha['device']['id']}/customer?on={day(1)}").json["customer"] is None


def test_the_turn_of_the_day_tells_the_new_owner_once(
    office: Caller, service: ServiceUnderTest, haapapiha: dict[str, Any]
) -> None:
    buyer = office.post("/customers", {"name": "Ostaja"}).json
    office.post(f"/sites/{haapapiha['building']['id']}/attachments", {"customer_id": buyer["id"], "valid_from": day(1)})
    before = len(service.events("site.changed.v1"))
    tomorrow = TODAY + timedelta(days=1)
    turn_day(service.database, tomorrow)
    told = service.events("site.changed.v1")[before:]
    assert {event.subject for event in told} == {haapapiha[key]["id"] for key in ("building", "room", "device")}
    assert {event.data["customer_id"] for event in told} == {buyer["id"]}
    turn_day(service.database, tomorrow)
    assert len(service.events("site.changed.v1")) == before + 3


def test_a_moved_site_takes_everything_below_with_it(
    office: Caller, service: ServiceUnderTest, haapapiha: dict[str, Any]
) -> None:
    other = office.post("/sites", {"type": "area", "name": "Muu alue"}).json
    before = len(service.events("site.changed.v1"))
    room = haapapiha["room"]
    moved = office.post(f"/sites/{room['id']}/move", {"parent_id": other["id"]}, if_match=room["version"])
    assert moved.status_code == 200
    assert moved.json["customer_id"] is None
    device = office.get(f"/sites/{haapapiha['device']['id']}").json
    assert device["path"] == f"/{other['id']}/{room['id']}/{device['id']}"
    assert device["customer_id"] is None
    assert [event.subject for event in service.events("site.changed.v1")[before:]] == [room["id"], device["id"]]
    top = office.post(f"/sites/{room['id']}/move", {"parent_id": None}).json
    assert (top["path"], top["version"]) == (f"/{room['id']}", moved.json["version"] + 1)
    assert [event.subject for event in service.events("site.changed.v1")[before + 2 :]] == [room["id"], device["id"]]


def test_a_site_cannot_lie_inside_itself(office: Caller, haapapiha: dict[str, Any]) -> None:
    building = haapapiha["building"]["id"]
    for target in (building, haapapiha["device"]["id"]):
        answer = office.post(f"/sites/{building}/move", {"parent_id": target})
        assert (answer.status_code, answer.json["code"]) == (409, "site.loop")


def test_archiving_goes_from_below(office: Caller, haapapiha: dict[str, Any]) -> None:
    room, device = haapapiha["room"]["id"], haapapiha["device"]["id"]
    assert office.post(f"/sites/{room}/archive").json["code"] == "site.in_use"
    assert office.post(f"/sites/{device}/archive").json["archived"] is True
    assert office.post(f"/sites/{room}/archive").status_code == 200
    assert office.post(f"/sites/{device}/restore").json["code"] == "site.archived"
    assert office.patch(f"/sites/{room}", {"name": "X"}, if_match=2).status_code == 409
    assert office.post(f"/sites/{room}/restore").status_code == 200
    child = {"type": "device", "name": "Y", "parent_id": device}
    assert office.post("/sites", child).json["code"] == "site.archived"


def test_a_change_is_told_with_its_version(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/sites", {"type": "building", "name": "A", "address": {"postal_code": "100"}}).json
    assert made["address"]["postal_code"] == "00100"
    changed = office.patch(f"/sites/{made['id']}", {"name": "B", "cost_centre": "K1"}, if_match=1).json
    assert (changed["name"], changed["version"]) == ("B", 2)
    assert office.patch(f"/sites/{made['id']}", {"name": "B"}, if_match=2).json["version"] == 2
    assert [event.aggregate_version for event in service.events("site.changed.v1")] == [1, 2]
    wrong = office.patch(f"/sites/{made['id']}", {"name": " "}, if_match=2)
    assert wrong.status_code == 400


def test_lists_by_parent_subtree_and_name(office: Caller, haapapiha: dict[str, Any]) -> None:
    def names(query: str) -> list[str]:
        return [site["name"] for site in office.get(f"/sites?{query}").json["items"]]

    assert names("parent=none") == ["Haapapiha"]
    assert names(f"parent={haapapiha['property']['id']}") == ["Haapatie 4"]
    assert names(f"subtree={haapapiha['room']['id']}") == ["Lämmönjakohuone", "Lämmönsiirrin LS-01"]
    assert names("q=Haapa") == ["Haapapiha", "Haapatie 4"]
    assert office.get(f"/sites?subtree={new_id()}").status_code == 404
    assert office.get("/sites?parent=%00").status_code == 400


def test_another_tenants_sites_and_customers_do_not_exist(
    office: Caller, stranger: Caller, haapapiha: dict[str, Any]
) -> None:
    site, customer = haapapiha["property"]["id"], haapapiha["customer"]["id"]
    for method, path, body in (
        ("GET", f"/sites/{site}", None),
        ("GET", f"/sites/{site}/attachments", None),
        ("GET", f"/sites/{site}/customer", None),
        ("POST", f"/sites/{site}/move", {"parent_id": None}),
        ("POST", f"/sites/{site}/archive", None),
        ("POST", "/sites", {"type": "area", "name": "X", "parent_id": site}),
        ("POST", "/sites", {"type": "area", "name": "X", "customer_id": customer}),
        (
            "POST",
            f"/sites/{site}/attachments",
            {"customer_id": customer, "valid_from": date.min.replace(1950).isoformat()},
        ),
    ):
        answer = stranger.call(method, path, **({"json": body} if body else {}))
        assert answer.status_code == 404, (method, path)
    own = stranger.post("/sites", {"type": "area", "name": "Own"}).json
    attached = stranger.post(f"/sites/{own['id']}/attachments", {"customer_id": customer, "valid_from": day(0)})
    assert attached.status_code == 404


def test_the_same_creation_twice_is_one(office: Caller, service: ServiceUnderTest) -> None:
    body = {"id": new_id(), "type": "area", "name": "Once"}
    assert office.post("/sites", body).json == office.post("/sites", body).json
    customer = office.post("/customers", {"name": "C"}).json
    attach = {"id": new_id(), "customer_id": customer["id"], "valid_from": day(0)}
    path = f"/sites/{body['id']}/attachments"
    assert office.post(path, attach).json == office.post(path, attach).json
    assert len(office.get(path).json["items"]) == 1


def test_a_tree_has_a_depth_that_can_be_searched(office: Caller) -> None:
    parent, answer = None, None
    for level in range(41):
        answer = office.post("/sites", {"type": "space", "name": f"{level}", "parent_id": parent})
        parent = answer.json.get("id")
    assert answer is not None
    assert (answer.status_code, answer.json["code"]) == (422, "site.too_deep")
