"""Fields, operators and numbers of the tenant's own, and the newer fields of customers and sites, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from shared.testing.service import Caller, ServiceUnderTest


@pytest.fixture
def manager(service: ServiceUnderTest) -> Caller:
    """Somebody who also defines what the registers hold."""
    return service.caller("customers.read", "customers.write", "tenant.manage")


def define(manager: Caller, **fields: Any) -> dict[str, Any]:
    body = {"register": "customers", "key": "heat", "type": "text", "labels": {"fi": "Lämmitys"}, **fields}
    answer = manager.post("/extra-fields", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_customers_and_sites_hold_values_of_own_fields(
    manager: Caller, office: Caller, service: ServiceUnderTest
) -> None:
    define(manager, type="choice", choices=["Öljy", "Kaukolämpö"])
    define(manager, key="lift", register="sites", type="yes_no", labels={"fi": "Hissi on", "en": "Has a lift"})
    made = office.post("/customers", {"name": "A", "extra": {"heat": "öljy"}})
    assert made.json["extra"] == {"heat": "Öljy"}

    changed = office.patch(f"/customers/{made.json['id']}", {"extra": {"heat": "Kaukolämpö"}}, if_match=1)
    assert (changed.json["extra"], changed.json["version"]) == ({"heat": "Kaukolämpö"}, 2)
    same = office.patch(f"/customers/{made.json['id']}", {"extra": {"heat": "Kaukolämpö"}}, if_match=2)
    assert same.json["version"] == 2

    site = office.post("/sites", {"type": "area", "name": "B", "extra": {"lift": True}}).json
    office.post("/sites", {"type": "area", "name": "C", "extra": {"lift": False}})
    office.post("/customers", {"name": "Other", "extra": {"heat": "Öljy"}})
    found = office.get("/sites?extra_field=lift&extra_value=true").json["items"]
    assert [one["id"] for one in found] == [site["id"]]
    found = office.get("/customers?extra_field=heat&extra_value=Kaukol%C3%A4mp%C3%B6").json["items"]
    assert [one["name"] for one in found] == ["A"]


def test_wrong_values_of_own_fields_are_refused_with_their_places(manager: Caller, office: Caller) -> None:
    define(manager, type="number")

    wrong = office.post("/customers", {"name": "A", "extra": {"heat": "warm", "nobody": "x"}})

    assert wrong.status_code == 422
    assert [error["pointer"] for error in wrong.json["errors"]] == ["/extra/heat", "/extra/nobody"]
    assert office.post("/customers", {"name": "A", "extra": {"heat": 1.5}}).status_code == 400
    assert office.post("/customers", {"name": "A", "extra": ["heat"]}).status_code == 400
    assert office.get("/customers?extra_field=nobody&extra_value=1").status_code == 422
    assert office.get("/customers?extra_field=heat").status_code == 400


def test_an_archived_field_keeps_its_values_and_takes_no_new_ones(manager: Caller, office: Caller) -> None:
    field = define(manager)
    customer = office.post("/customers", {"name": "A", "extra": {"heat": "puu"}}).json

    archived = manager.post(f"/extra-fields/{field['id']}/archive", if_match=field["version"])

    assert archived.json["archived"] is True
    refused = office.patch(f"/customers/{customer['id']}", {"extra": {"heat": "öljy"}}, if_match=1)
    assert refused.json["errors"][0]["code"] == "archived_extra_field"
    kept = office.patch(f"/customers/{customer['id']}", {"name": "B"}, if_match=1).json
    assert kept["extra"] == {"heat": "puu"}
    assert office.get("/customers?extra_field=heat&extra_value=puu").json["items"] != []
    assert office.get("/extra-fields?archived=false").json["items"] == []
    taken = {"register": "customers", "key": "heat", "type": "text", "labels": {"fi": "Toinen"}}
    assert manager.post("/extra-fields", taken).status_code == 409
    manager.post(f"/extra-fields/{field['id']}/restore")
    assert office.patch(f"/customers/{customer['id']}", {"extra": {"heat": "öljy"}}, if_match=2).status_code == 200


def test_a_name_that_a_column_has_already_is_refused(manager: Caller, office: Caller) -> None:
    define(manager)
    body = {"register": "customers", "key": "other", "type": "text"}

    for label in ("Puhelin", "LÄMMITYS", "PHONE"):
        refused = manager.post("/extra-fields", {**body, "labels": {"fi": "Vapaa", "en": label}})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (409, "/labels/en"), label
    assert manager.post("/extra-fields", {**body, "register": "sites", "labels": {"fi": "Lämmitys"}}).status_code == 201
    assert office.post("/extra-fields", {**body, "labels": {"fi": "Vapaa"}}).status_code == 403


def test_a_definition_is_changed_with_its_version_and_only_in_its_own_tenant(
    manager: Caller, stranger: Caller, service: ServiceUnderTest
) -> None:
    field = define(manager, type="choice", choices=["a", "b"])
    path = f"/extra-fields/{field['id']}"

    assert manager.patch(path, {"choices": ["b", "c"]}).status_code == 428
    assert manager.patch(path, {"choices": ["b", "c"]}, if_match=1).json["choices"] == ["b", "c"]
    assert manager.patch(path, {"choices": []}, if_match=2).status_code == 422
    assert manager.patch(path, {"labels": {"fi": "Uusi"}}, if_match=1).status_code == 412
    assert stranger.get(path).status_code == 404
    assert stranger.get("/extra-fields").json["items"] == []


def test_an_operator_must_be_in_the_list_and_the_list_can_grow(manager: Caller, office: Caller) -> None:
    customer = {"name": "A", "einvoice_address": "003790000118", "einvoice_operator": "003799999999"}
    refused = office.post("/customers", customer)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [
        ("/einvoice_operator", "einvoice_operator.unknown")
    ]

    added = manager.call("PUT", "/einvoice-operators/003799999999", json={"name": "Uusi Oy"})
    assert added.json == {"code": "003799999999", "name": "Uusi Oy", "is_own": True}
    assert office.post("/customers", customer).status_code == 201
    listed = {one["code"]: one for one in office.get("/einvoice-operators").json["items"]}
    assert (listed["003721291126"]["is_own"], listed["003799999999"]["is_own"]) == (False, True)
    assert manager.delete("/einvoice-operators/003799999999").status_code == 409
    assert manager.delete("/einvoice-operators/003721291126").status_code == 404
    assert manager.call("PUT", "/einvoice-operators/x", json={"name": "X"}).status_code == 422
    assert office.call("PUT", "/einvoice-operators/003799999998", json={"name": "X"}).status_code == 403


def test_new_customers_are_numbered_as_the_settings_say(manager: Caller, office: Caller) -> None:
    assert office.get("/settings").json == {"version": 0, "number_prefix": "", "next_number": 1001}
    first = office.post("/customers", {"name": "A"}).json["number"]

    set_to = manager.call("PUT", "/settings", json={"number_prefix": "AS-", "next_number": 50}, if_match=0)
    assert set_to.json == {"version": 1, "number_prefix": "AS-", "next_number": 50}
    office.post("/customers", {"name": "B", "number": "AS-51"})
    numbers = [office.post("/customers", {"name": "C"}).json["number"] for _ in range(2)]

    assert [first, *numbers] == ["1001", "AS-50", "AS-52"]
    assert manager.call("PUT", "/settings", json={"number_prefix": "X"}, if_match=0).status_code == 412
    assert manager.call("PUT", "/settings", json={"number_prefix": "X"}).json["next_number"] == 53
    assert office.call("PUT", "/settings", json={"number_prefix": ""}).status_code == 403


def test_a_customer_says_how_it_is_billed_and_others_hear_it(office: Caller, service: ServiceUnderTest) -> None:
    given = {
        "late_interest_percent": "8.50",
        "invoice_grouping": "per_site",
        "construction_seller_from": "2024-01-01",
        "construction_seller_to": "2026-12-31",
    }
    made = office.post("/customers", {"name": "A", **given})

    assert {name: made.json[name] for name in given} == given
    event = service.events("customer.changed.v1")[-1]
    assert {name: event.data[name] for name in given} == given
    assert office.get(f"/customers/{made.json['id']}").json == made.json
    for wrong in ("100.01", "-1", "8.505"):
        assert office.post("/customers", {"name": "A", "late_interest_percent": wrong}).status_code == 400


@pytest.mark.parametrize("given", ["8", "8.0", "8.00"])
def test_late_interest_is_taken_with_any_number_of_decimals(office: Caller, given: str) -> None:
    created = office.post("/customers", {"name": "A", "late_interest_percent": given})
    assert created.status_code == 201, created.json
    changed = office.patch(f"/customers/{created.json['id']}", {"late_interest_percent": "7"}, if_match=1)
    assert (created.json["late_interest_percent"], changed.json["late_interest_percent"]) == ("8.00", "7.00")


def test_coordinates_are_taken_with_any_number_of_decimals(office: Caller, service: ServiceUnderTest) -> None:
    made = office.post("/sites", {"type": "device", "name": "A", "latitude": "60.1", "longitude": "25"})
    assert made.status_code == 201, made.json
    event = service.events("site.changed.v1")[-1]
    assert (event.data["latitude"], event.data["longitude"]) == ("60.100000", "25.000000")


def test_a_site_is_found_by_its_tag(office: Caller, service: ServiceUnderTest) -> None:
    given = {
        "tag": "NFC-7",
        "latitude": "60.169860",
        "longitude": "24.938380",
        "access_instructions": "Avain porttikongissa",
        "device": {"manufacturer": "Oilon", "serial_number": "1-2", "installed_on": "2020-01-31"},
        "price_group": "kanta",
        "cost_centre": "100",
    }
    made = office.post("/sites", {"type": "device", "name": "LS-01", **given}).json

    assert {name: made[name] for name in given} == given
    assert office.get("/sites?tag=NFC-7").json["items"] == [made]
    event = service.events("site.changed.v1")[-1]
    shown = ("tag", "latitude", "longitude", "price_group", "cost_centre")
    assert {name: event.data[name] for name in shown} == {name: given[name] for name in shown}
    assert "access_instructions" not in event.data

    taken = office.post("/sites", {"type": "device", "name": "LS-02", "tag": "NFC-7"})
    assert (taken.status_code, taken.json["site_id"]) == (409, made["id"])
    half = office.patch(f"/sites/{made['id']}", {"latitude": None}, if_match=1)
    assert half.json["errors"][0]["pointer"] == "/latitude"
    changed = office.patch(f"/sites/{made['id']}", {"device": None, "tag": None}, if_match=1).json
    assert (changed["device"], changed["tag"], changed["version"]) == (None, None, 2)


def test_the_path_of_a_site_says_what_it_lies_in(office: Caller, stranger: Caller) -> None:
    above = None
    made = []
    for kind in ("area", "property", "building", "device"):
        made.append(office.post("/sites", {"type": kind, "name": kind, "parent_id": above}).json)
        above = made[-1]["id"]

    assert office.get(f"/sites/{above}/path").json["items"] == made
    assert office.get(f"/sites/{made[0]['id']}/path").json["items"] == made[:1]
    assert stranger.get(f"/sites/{above}/path").status_code == 404
    below = office.get(f"/sites?subtree={made[1]['id']}").json["items"]
    assert [one["id"] for one in below] == [one["id"] for one in made[1:]]


def test_a_survivor_takes_the_chosen_new_fields_and_gives_them_back(manager: Caller, office: Caller) -> None:
    define(manager)
    define(manager, key="size", type="number", labels={"fi": "Koko"})
    given = {"late_interest_percent": "8.00", "construction_seller_from": "2024-01-01", "extra": {"heat": "öljy"}}
    one = office.post("/customers", {"name": "A", **given}).json
    own = {"construction_seller_from": "2020-01-01", "extra": {"size": "5"}}
    other = office.post("/customers", {"name": "B", **own}).json
    preview = office.post(f"/customers/{one['id']}/merge/preview", {"into": other["id"]}).json
    assert {"field": "late_interest_percent", "merged": "8.00", "into": None} in preview["differences"]

    chosen = ["late_interest_percent", "construction_seller_from", "extra"]
    body = {"into": other["id"], "into_version": 1, "fields": chosen}
    into = office.post(f"/customers/{one['id']}/merge", body, if_match=1).json["into"]
    assert (into["late_interest_percent"], into["extra"]) == ("8.00", {"heat": "öljy", "size": "5"})
    back = office.post(f"/customers/{one['id']}/merge/undo").json["into"]
    assert {name: back[name] for name in own} == own
    assert back["late_interest_percent"] is None
