"""Contact persons through the HTTP API, on both databases."""

from __future__ import annotations

from shared.ids import new_id
from shared.testing.service import Caller


def test_one_person_serves_several_customers_and_sites(office: Caller) -> None:
    one, two = (office.post("/customers", {"name": name}).json["id"] for name in ("A", "B"))
    site = office.post("/sites", {"type": "building", "name": "Haapatie 4"}).json["id"]
    made = office.post(
        f"/customers/{one}/contacts", {"name": "Iina Isännöitsijä", "phone": "040 123 4567", "role": "orders"}
    )
    assert made.status_code == 201
    person = made.json["contact"]
    assert person["phone"] == "+358401234567"
    for path in (f"/customers/{two}/contacts", f"/sites/{site}/contacts"):
        linked = office.post(path, {"contact_id": person["id"], "role": "access", "is_default": True})
        assert linked.json["contact"]["id"] == person["id"]
    office.patch(f"/contacts/{person['id']}", {"email": "iina@example.com"}, if_match=1)
    for path in (f"/customers/{two}/contacts", f"/sites/{site}/contacts"):
        assert office.get(path).json["items"][0]["contact"]["email"] == "iina@example.com"
    assert [one["name"] for one in office.get("/contacts?q=Iina").json["items"]] == ["Iina Isännöitsijä"]


def test_a_role_has_one_default(office: Caller) -> None:
    path = f"/customers/{office.post('/customers', {'name': 'A'}).json['id']}/contacts"
    for name in ("First", "Second"):
        office.post(path, {"name": name, "role": "billing", "is_default": True})
    office.post(path, {"name": "Third", "role": "orders", "is_default": True})
    shown = {item["contact"]["name"]: item["is_default"] for item in office.get(path).json["items"]}
    assert shown == {"First": False, "Second": True, "Third": True}


def test_the_same_role_twice_is_refused_and_a_role_can_be_taken_away(office: Caller, stranger: Caller) -> None:
    customer = office.post("/customers", {"name": "A"}).json["id"]
    path = f"/customers/{customer}/contacts"
    link = office.post(path, {"name": "P", "role": "orders"}).json
    again = office.post(path, {"contact_id": link["contact"]["id"], "role": "orders"})
    assert (again.status_code, again.json["code"]) == (409, "contact.already_linked")
    assert stranger.delete(f"{path}/{link['id']}").status_code == 404
    assert office.delete(f"{path}/{link['id']}").status_code == 204
    assert office.delete(f"{path}/{link['id']}").status_code == 404
    assert office.delete(f"{path}/%00").status_code == 404
    assert office.get(f"/contacts/{link['contact']['id']}").status_code == 200


def test_wrong_fields_and_foreign_persons(office: Caller, stranger: Caller) -> None:
    wrong = office.post("/contacts", {"name": "P", "email": "x", "phone": "y"})
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json["errors"]} == {"/email", "/phone"}
    person = office.post("/contacts", {"id": new_id(), "name": "P"}).json
    customer = stranger.post("/customers", {"name": "B"}).json["id"]
    foreign = {"contact_id": person["id"], "role": "orders"}
    assert stranger.post(f"/customers/{customer}/contacts", foreign).status_code == 404
    assert stranger.get(f"/contacts/{person['id']}").status_code == 404
    nameless = office.post(
        f"/customers/{office.post('/customers', {'name': 'A'}).json['id']}/contacts", {"role": "orders"}
    )
    assert nameless.status_code == 422
    assert office.patch(f"/contacts/{person['id']}", {"name": "Q"}).status_code == 428


def test_the_same_creation_twice_is_one(office: Caller) -> None:
    body = {"id": new_id(), "name": "Once"}
    assert office.post("/contacts", body).json == office.post("/contacts", body).json
    path = f"/customers/{office.post('/customers', {'name': 'A'}).json['id']}/contacts"
    link = {"id": new_id(), "name": "P", "role": "orders"}
    assert office.post(path, link).json == office.post(path, link).json
    assert len(office.get(path).json["items"]) == 1
