"""Another system owns customers, contact persons and sites."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from services.customers.models import ExternalReference
from shared.testing.service import Caller, ServiceUnderTest

CRM = "/integrations/crm"
HAAPA = {"name": "As Oy Esimerkin Haapapiha", "business_id": "9000011-8", "phone": "040 123 4567"}


def _put(office: Caller, path: str, body: dict[str, Any]) -> Any:
    answer = office.call("PUT", f"{CRM}/{path}", json=body)
    assert answer.status_code == 200, answer.json
    return answer.json


def _bulk(office: Caller, register: str, *lines: Any) -> Any:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    answer = office.call("POST", f"{CRM}/{register}", data=text.encode(), content_type="application/x-ndjson")
    assert answer.status_code == 200, answer.json
    return answer.json


def _actions(result: Any) -> list[str]:
    return [each["action"] for each in result["results"]]


def _customer(office: Caller, record_id: str) -> Any:
    return office.get(f"/customers/{record_id}").json


def test_a_customer_is_made_once_and_follows_its_system(office: Caller, service: ServiceUnderTest) -> None:
    first = _put(office, "customers/A-1", HAAPA)
    again = _put(office, "customers/A-1", HAAPA)
    changed = _put(office, "customers/A-1", {**HAAPA, "phone": "050 765 4321"})
    assert (first["action"], again["action"], changed["action"]) == ("created", "unchanged", "changed")
    assert first["record_id"] == again["record_id"] == changed["record_id"]
    assert (first["version"], again["version"], changed["version"]) == (1, 1, 2)
    assert _customer(office, first["record_id"])["phone"] == "+358507654321"
    assert [event.data["phone"] for event in service.events("customer.changed.v1")] == [
        "+358401234567",
        "+358507654321",
    ]
    shown = office.get(f"{CRM}/customers/A-1").json
    assert (shown["record_id"], shown["source"]) == (first["record_id"], "crm")


def test_what_is_here_already_is_found_by_a_key_and_never_by_its_name(office: Caller) -> None:
    by_hand = office.post("/customers", {**HAAPA, "phone": "09 123 456"}).json
    linked = _put(office, "customers/A-1", HAAPA)
    assert (linked["action"], linked["record_id"]) == ("linked", by_hand["id"])
    assert _put(office, "customers/A-2", {"name": HAAPA["name"]})["action"] == "created"
    taken = office.call("PUT", f"{CRM}/customers/A-4", json=HAAPA)
    assert (taken.status_code, taken.json["code"]) == (409, "external.linked_already")


def test_fields_that_are_left_out_stay(office: Caller) -> None:
    made = _put(office, "customers/A-1", HAAPA)
    _put(office, "customers/A-1", {"name": "Haapapiha"})
    assert _customer(office, made["record_id"])["phone"] == "+358401234567"
    _put(office, "customers/A-1", {"phone": None})
    assert _customer(office, made["record_id"])["phone"] is None


def _change_phone(office: Caller, record_id: str, phone: str) -> None:
    version = _customer(office, record_id)["version"]
    assert office.patch(f"/customers/{record_id}", {"phone": phone}, if_match=version).status_code == 200


@pytest.mark.parametrize(
    ("winner", "changed_at", "phone", "kept"),
    [
        ("theirs", None, "+358507654321", []),
        ("ours", None, "+3589123456", ["phone"]),
        ("newest", None, "+358507654321", []),
        ("newest", "2020-01-01T12:00:00Z", "+3589123456", ["phone"]),
    ],
)
def test_the_policy_of_a_field_decides_a_conflict(
    office: Caller, winner: str, changed_at: str | None, phone: str, kept: list[str]
) -> None:
    policy = {"default": "theirs", "fields": {"phone": winner}}
    assert office.call("PUT", f"{CRM}/customers-policy", json=policy).json == policy
    assert office.get(f"{CRM}/customers-policy").json == policy
    made = _put(office, "customers/A-1", HAAPA)
    _change_phone(office, made["record_id"], "09 123 456")
    sent = {**HAAPA, "name": "Haapapiha", "phone": "050 765 4321", "changed_at": changed_at}
    outcome = _put(office, "customers/A-1", sent)
    assert outcome["kept"] == kept
    shown = _customer(office, made["record_id"])
    assert (shown["phone"], shown["name"]) == (phone, "Haapapiha")


def test_our_change_stays_while_the_other_system_says_nothing_new(office: Caller) -> None:
    office.call("PUT", f"{CRM}/customers-policy", json={"default": "newest"})
    made = _put(office, "customers/A-1", HAAPA)
    _change_phone(office, made["record_id"], "09 123 456")
    assert _put(office, "customers/A-1", HAAPA)["kept"] == ["phone"]
    assert _customer(office, made["record_id"])["phone"] == "+3589123456"


def test_out_of_use_and_back(office: Caller) -> None:
    made = _put(office, "customers/A-1", HAAPA)
    assert _put(office, "customers/A-1", {"archived": True})["version"] == 2
    assert _put(office, "customers/A-1", {"archived": True})["action"] == "unchanged"
    refused = office.call("PUT", f"{CRM}/customers/A-1", json={"name": "Uusi"})
    assert (refused.status_code, refused.json["code"]) == (409, "customer.archived")
    _put(office, "customers/A-1", {"archived": False, "name": "Uusi"})
    shown = _customer(office, made["record_id"])
    assert (shown["archived"], shown["name"]) == (False, "Uusi")


def test_many_at_once_and_each_for_itself(office: Caller, service: ServiceUnderTest) -> None:
    lines = (
        {"reference": "A-1", **HAAPA},
        {"reference": "A-2", "name": "Väärä", "business_id": "9000011-9"},
        "{not json",
        {"reference": "A-3", "name": "Maksaja", "surprise": 1},
        {"reference": "A-4", "name": "Vuokralainen", "payer_reference": "A-1"},
        {"reference": "A-5", "name": "Toinen", "payer_reference": "A-404"},
        {"reference": "A-6", "name": "Kaksoiskappale", "business_id": "9000011-8"},
    )
    result = _bulk(office, "customers", *lines)
    assert _actions(result) == ["created", "refused", "refused", "refused", "created", "refused", "refused"]
    assert result["counts"] == {"created": 2, "linked": 0, "changed": 0, "unchanged": 0, "refused": 5}
    errors = [[(error["pointer"], error["code"]) for error in each["errors"]] for each in result["results"]]
    assert errors[1][0][0] == "/business_id"
    assert errors[2] == [("", "not_json")]
    assert errors[3][0][0] == "/surprise"
    assert errors[5] == [("/payer_reference", "external.unknown_reference")]
    assert errors[6][0][1] == "external.linked_already"
    payer, tenant = (result["results"][index]["record_id"] for index in (0, 4))
    assert _customer(office, tenant)["payer_id"] == payer
    assert len(service.events("customer.changed.v1")) == 2
    assert office.get("/customers?q=Väärä").json["items"] == []
    again = _bulk(office, "customers", lines[0], lines[4])
    assert _actions(again) == ["unchanged", "unchanged"]
    assert len(service.events("customer.changed.v1")) == 2


def test_the_same_reference_twice_in_one_call_is_one_record(office: Caller) -> None:
    result = _bulk(office, "customers", {"reference": "A-1", "name": "A"}, {"reference": "A-1", "name": "B"})
    assert _actions(result) == ["created", "changed"]
    assert len(office.get("/customers").json["items"]) == 1


def test_sites_make_a_tree_and_move_in_it(office: Caller, service: ServiceUnderTest) -> None:
    _put(office, "customers/A-1", HAAPA)
    lines = (
        {"reference": "S-1", "name": "Haapapiha", "type": "property", "customer_reference": "A-1"},
        {"reference": "S-2", "name": "Haapatie 4", "type": "building", "parent_reference": "S-1"},
        {"reference": "S-3", "name": "Hissi", "type": "device", "parent_reference": "S-2", "tag": "LS-01"},
    )
    made = _bulk(office, "sites", *lines)
    assert _actions(made) == ["created"] * 3
    assert _actions(_bulk(office, "sites", *lines)) == ["unchanged"] * 3
    root, _house, lift = (each["record_id"] for each in made["results"])
    customer_id = office.get(f"{CRM}/customers/A-1").json["record_id"]
    assert office.get(f"/sites/{lift}").json["customer_id"] == customer_id
    assert _put(office, "sites/S-3", {"parent_reference": "S-1"})["action"] == "changed"
    assert office.get(f"/sites/{lift}").json["path"] == f"/{root}/{lift}"
    loop = office.call("PUT", f"{CRM}/sites/S-1", json={"parent_reference": "S-2"})
    assert (loop.status_code, loop.json["code"]) == (409, "site.loop")
    other = _put(office, "customers/A-2", {"name": "Uusi omistaja"})["record_id"]
    _put(office, "sites/S-1", {"customer_reference": "A-2"})
    assert office.get(f"/sites/{lift}").json["customer_id"] == other


def test_a_new_site_needs_a_name(office: Caller) -> None:
    answer = office.call("PUT", f"{CRM}/sites/S-9", json={})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/name")
    result = _bulk(office, "sites", {"reference": "S-1", "name": "Talo"}, {"reference": "S-2"})
    assert _actions(result) == ["created", "refused"]


def test_a_site_is_found_by_its_code(office: Caller) -> None:
    by_hand = office.post("/sites", {"type": "building", "name": "Haapatie 4", "code": "K-1"}).json
    linked = _put(office, "sites/S-1", {"code": "K-1", "name": "Haapatie 4 A"})
    assert (linked["action"], linked["record_id"]) == ("linked", by_hand["id"])
    assert office.get(f"/sites/{by_hand['id']}").json["name"] == "Haapatie 4 A"


@pytest.mark.parametrize("register", ["customers", "sites", "contacts"])
def test_what_is_new_needs_a_name(office: Caller, register: str) -> None:
    for _ in range(2):
        refused = office.call("PUT", f"{CRM}/{register}/X-1", json={})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/name")
    together = _bulk(office, register, *({"reference": f"X-{index}"} for index in range(8)))
    assert together["counts"]["refused"] == 8
    assert {error["pointer"] for each in together["results"] for error in each["errors"]} == {"/name"}


def test_contact_persons_come_with_their_roles(office: Caller) -> None:
    customer_id = _put(office, "customers/A-1", HAAPA)["record_id"]
    site_id = _put(office, "sites/S-1", {"name": "Haapapiha", "type": "property"})["record_id"]
    roles = [
        {"role": "billing", "customer_reference": "A-1", "is_default": True},
        {"role": "access", "site_reference": "S-1"},
    ]
    person = {"name": "Iina Isännöitsijä", "email": "iina@example.com", "links": roles}
    made = _put(office, "contacts/P-1", person)
    assert made["action"] == "created"
    assert _put(office, "contacts/P-1", person)["action"] == "unchanged"
    (link,) = office.get(f"/customers/{customer_id}/contacts").json["items"]
    assert (link["role"], link["is_default"], link["contact"]["name"]) == ("billing", True, "Iina Isännöitsijä")
    office.post(f"/customers/{customer_id}/contacts", {"contact_id": made["record_id"], "role": "orders"})
    _put(office, "contacts/P-1", {**person, "links": [{**roles[0], "is_default": False}, roles[1]]})
    items = office.get(f"/customers/{customer_id}/contacts").json["items"]
    assert {(item["role"], item["is_default"]) for item in items} == {("billing", False), ("orders", False)}
    assert len(office.get(f"/sites/{site_id}/contacts").json["items"]) == 1


def test_a_person_whose_data_was_erased_does_not_come_back(office: Caller, service: ServiceUnderTest) -> None:
    made = _put(office, "contacts/P-1", {"name": "Maija"})
    office.post(f"/contacts/{made['record_id']}/erase")
    with service.begin() as uow:
        assert uow.session.scalars(select(ExternalReference.sent)).all() == [{}]
    refused = office.call("PUT", f"{CRM}/contacts/P-1", json={"name": "Maija"})
    assert refused.status_code == 422
    assert "Maija" not in office.get(f"/contacts/{made['record_id']}").text


def test_a_merged_customer_leads_to_the_survivor(office: Caller) -> None:
    merged = _put(office, "customers/A-1", {"name": "Vanha"})["record_id"]
    survivor = office.post("/customers", {"name": "Uusi"}).json["id"]
    done = office.post(f"/customers/{merged}/merge", {"into": survivor, "into_version": 1}, if_match=1)
    assert done.status_code == 200, done.json
    outcome = _put(office, "customers/A-1", {"phone": "040 123 4567"})
    assert outcome["record_id"] == survivor
    assert _customer(office, survivor)["phone"] == "+358401234567"


def test_a_reference_can_be_forgotten_and_is_the_tenants_own(office: Caller, stranger: Caller) -> None:
    made = _put(office, "customers/A-1", HAAPA)
    assert stranger.get(f"{CRM}/customers/A-1").status_code == 404
    assert stranger.call("PUT", f"{CRM}/customers/A-1", json={"name": "Oma"}).json["action"] == "created"
    assert office.delete(f"{CRM}/customers/A-1").status_code == 204
    assert office.delete(f"{CRM}/customers/A-1").status_code == 404
    assert office.get(f"/customers/{made['record_id']}").status_code == 200


def test_who_may(service: ServiceUnderTest) -> None:
    reader, system = service.caller("customers.read"), service.caller("customers.integrate")
    assert reader.call("PUT", f"{CRM}/customers/A-1", json={"name": "A"}).status_code == 403
    assert system.call("PUT", f"{CRM}/customers/A-1", json={"name": "A"}).status_code == 200
    assert system.call("PUT", f"{CRM}/customers-policy", json={}).status_code == 403


def test_a_wrong_call_is_refused_as_a_whole(office: Caller) -> None:
    as_json = office.post(f"{CRM}/customers", {"reference": "A-1", "name": "A"})
    assert as_json.status_code == 415
    lines = b'{"reference":"A"}\n' * 10_001
    too_many = office.call("POST", f"{CRM}/customers", data=lines, content_type="application/x-ndjson")
    assert too_many.status_code == 400
    unknown = office.call("PUT", f"{CRM}/customers-policy", json={"fields": {"nmae": "ours"}})
    assert unknown.json["errors"][0]["pointer"] == "/fields/nmae"
    assert office.get("/customers").json["items"] == []
