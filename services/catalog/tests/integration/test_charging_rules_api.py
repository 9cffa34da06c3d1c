"""Charging rules through the HTTP API, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.domain.charging import MOST_RULES, stored_fields
from services.catalog.models import StoredChargingRule
from shared.bus.catalogue import default_catalogue
from shared.charging import rule_from_data
from shared.ids import new_id
from shared.testing.service import SERVICE_TOKEN, Caller, ServiceUnderTest

STEP = {"kind": "step", "minutes": 30}
TYPE = "charging_rule.changed.v1"


def product(office: Caller, code: str, price: str | None = None, **more: Any) -> str:
    body = {"code": code, "name": f"{code} name", "category_name": "Työ", "kind": "labour", "unit": "h", **more}
    answer = office.post("/products", body if price is None else {**body, "list_price": price})
    assert answer.status_code == 201, answer.json
    return answer.json["id"]


def rule(office: Caller, name: str, *effects: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = office.post("/charging-rules", {"name": name, "effects": list(effects or [STEP]), **more})
    assert answer.status_code == 201, answer.json
    return answer.json


def names(office: Caller, query: str = "") -> list[str]:
    return [one["name"] for one in office.get(f"/charging-rules{query}").json["items"]]


def test_a_rule_is_made_complete_and_told(office: Caller, service: ServiceUnderTest) -> None:
    huolto = product(office, "HUOLTO")
    body = {
        "name": " Alkava puoli tuntia ",
        "text": {"fi": "Alkava puoli tuntia", "sv": None},
        "valid_from": "2026-01-01",
        "conditions": {"product_ids": [huolto], "clock": {"from": "21:00", "to": "06:00"}, "day_hours": {"from": "8"}},
        "effects": [STEP],
    }
    answer = office.post("/charging-rules", body)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    made = answer.json
    assert (made["name"], made["priority"], made["valid_from"]) == ("Alkava puoli tuntia", 10, "2026-01-01")
    assert made["effects"] == [{"kind": "step", "minutes": 30, "per": "visit", "group": ""}]
    assert made["conditions"]["clock"] == {"from": "21:00", "to": "06:00"}
    assert made["conditions"]["eves"] is True
    assert office.get(f"/charging-rules/{made['id']}").json == made
    (event,) = service.events(TYPE)
    assert (event.aggregate_id, event.aggregate_version) == (made["id"], 1)
    assert rule_from_data(event.data).conditions.product_ids == {huolto}
    default_catalogue().check_read(event)


def test_the_same_rule_sent_twice_is_one(office: Caller) -> None:
    body = {"id": new_id(), "name": "A", "effects": [STEP]}
    first, again = office.post("/charging-rules", body), office.post("/charging-rules", body)
    assert first.json == again.json
    assert names(office) == ["A"]
    assert office.post("/charging-rules", {**body, "name": "B"}).status_code == 409


def test_wrong_forms_and_wrong_meanings_are_each_named_at_once(office: Caller) -> None:
    form = office.post(
        "/charging-rules",
        {
            "name": "",
            "priority": 1.5,
            "conditions": {"weekdays": [8], "clock": {"from": "24:00", "to": "06:00"}, "colour": 1},
            "effects": [{"kind": "step", "minutes": "30"}, {"kind": "dance"}],
        },
    )
    assert form.status_code == 400
    assert {error["pointer"] for error in form.json["errors"]} == {
        "/name",
        "/priority",
        "/conditions/weekdays/0",
        "/conditions/clock/from",
        "/conditions/colour",
        "/effects/0/minutes",
        "/effects/1/kind",
    }
    meaning = office.post(
        "/charging-rules",
        {
            "name": "A",
            "valid_from": "2026-02-01",
            "valid_to": "2026-01-01",
            "effects": [{"kind": "step", "minutes": 20, "factor": "2"}, {"kind": "surcharge", "percent": "0"}],
        },
    )
    assert (meaning.status_code, meaning.json["code"]) == (422, "charging_rule.invalid")
    assert {error["pointer"] for error in meaning.json["errors"]} == {
        "/valid_to",
        "/conditions",
        "/effects/0/minutes",
        "/effects/0/factor",
        "/effects/1/percent",
        "/effects/1/product_id",
    }


def test_products_that_a_rule_names_must_be_there_and_in_use(office: Caller, stranger: Caller) -> None:
    foreign, old = product(stranger, "AUTO"), product(office, "AUTO")
    office.post(f"/products/{old}/archive")
    effects = [
        {"kind": "vehicle_fee", "product_id": foreign, "km_product_ids": [new_id()]},
        {"kind": "fee", "product_id": old},
    ]
    body = {"name": "A", "effects": effects, "conditions": {"product_ids": [old, foreign]}}
    answer = office.post("/charging-rules", body)
    assert answer.status_code == 422
    assert {
        (error["pointer"], error["code"]) for error in answer.json["errors"] if "conditions" not in error["pointer"]
    } == {
        ("/effects/0/product_id", "unknown_product"),
        ("/effects/0/km_product_ids/0", "unknown_product"),
        ("/effects/1/product_id", "product.archived"),
    }
    assert [error["code"] for error in answer.json["errors"] if "conditions" in error["pointer"]] == ["unknown_product"]


def test_a_change_needs_the_version_and_tells_only_differences(office: Caller, service: ServiceUnderTest) -> None:
    made = rule(office, "A", conditions={"weekdays": [1, 2]})
    path = f"/charging-rules/{made['id']}"
    assert office.patch(path, {"name": "B"}).status_code == 428
    assert office.patch(path, {"name": "B"}, if_match=7).status_code == 412
    same = office.patch(path, {"name": "A", "conditions": {"weekdays": [2, 1]}}, if_match=1)
    assert same.json["version"] == 1
    changed = office.patch(path, {"conditions": {"urgent": True}, "valid_to": "2027-01-01"}, if_match=1).json
    assert (changed["version"], changed["conditions"]["weekdays"], changed["conditions"]["urgent"]) == (2, [], True)
    assert office.patch(path, {"valid_from": "2027-06-01"}, if_match=2).status_code == 422
    assert [event.aggregate_version for event in service.events(TYPE)] == [1, 2]
    audited = service.caller("audit.read").get(f"/audit?entity=charging_rules&entity_id={made['id']}").json["items"]
    assert [one["action"] for one in audited] == ["changed", "created"]
    assert set(audited[0]["changes"]) == {"conditions", "valid_to"}


def test_archived_rules_are_out_of_the_list_and_take_no_changes(office: Caller, service: ServiceUnderTest) -> None:
    auto = product(office, "AUTO")
    made = rule(office, "A", {"kind": "fee", "product_id": auto})
    path = f"/charging-rules/{made['id']}"
    assert office.post(f"{path}/archive").json["archived"] is True
    assert office.post(f"{path}/archive").json["version"] == 2
    assert (names(office), names(office, "?archived=true")) == ([], ["A"])
    assert office.patch(path, {"name": "B"}, if_match=2).json["code"] == "charging_rule.archived"
    assert [event.data["archived"] for event in service.events(TYPE)] == [False, True]
    office.post(f"/products/{auto}/archive")
    assert office.post(f"{path}/restore").json["errors"][0]["code"] == "product.archived"
    office.post(f"/products/{auto}/restore")
    assert office.post(f"{path}/restore").json["archived"] is False
    assert names(office) == ["A"]


def test_rules_are_listed_by_priority_and_put_in_a_new_order(office: Caller, service: ServiceUnderTest) -> None:
    first, second, third = rule(office, "1"), rule(office, "2"), rule(office, "3", priority=5)
    assert names(office) == ["3", "1", "2"]
    ids = [first["id"], third["id"], second["id"]]
    answer = office.post("/charging-rules/order", {"ids": ids})
    assert [(one["name"], one["priority"]) for one in answer.json["items"]] == [("1", 10), ("3", 20), ("2", 30)]
    assert names(office) == ["1", "3", "2"]
    told = len(service.events(TYPE))
    assert told == 3 + 2  # the first kept its priority
    office.post("/charging-rules/order", {"ids": ids})
    assert len(service.events(TYPE)) == told
    office.patch(f"/charging-rules/{third['id']}", {"priority": 11}, if_match=2)
    kept = office.post("/charging-rules/order", {"ids": ids}).json["items"]
    assert [one["priority"] for one in kept] == [10, 11, 30]  # they are in order: nobody's priority changes
    wrong = office.post("/charging-rules/order", {"ids": [first["id"], first["id"], new_id()]})
    assert (wrong.status_code, wrong.json["code"]) == (422, "charging_rule.incomplete_order")
    assert [error["pointer"] for error in wrong.json["errors"]] == ["/ids/1", "/ids/2", "/ids"]


def test_there_are_at_most_500_rules_in_use(office: Caller, service: ServiceUnderTest) -> None:
    made = rule(office, "archived")
    office.post(f"/charging-rules/{made['id']}/archive")
    with service.begin() as uow:
        fields = stored_fields(rule_from_data({"id": "r", "name": "r", "priority": 7, "effects": [STEP]}))
        uow.session.add_all(StoredChargingRule(archived_at=None, **fields) for _ in range(MOST_RULES - 1))
        uow.commit()
    assert rule(office, "last")["priority"] == 17
    answer = office.post("/charging-rules", {"name": "A", "effects": [STEP]})
    assert (answer.status_code, answer.json["code"]) == (409, "charging_rule.too_many")
    assert office.post(f"/charging-rules/{made['id']}/restore").json["code"] == "charging_rule.too_many"
    assert len(names(office)) == MOST_RULES


def test_archived_rules_are_listed_newest_first(office: Caller) -> None:
    for made in (rule(office, "1"), rule(office, "2"), rule(office, "3")):
        office.post(f"/charging-rules/{made['id']}/archive")
    assert names(office, "?archived=true") == ["3", "2", "1"]


def test_rules_are_filtered_by_effect_and_product(office: Caller) -> None:
    auto, huolto = product(office, "AUTO"), product(office, "HUOLTO")
    rule(office, "step", conditions={"product_ids": [huolto]})
    rule(office, "fee", {"kind": "fee", "product_id": auto})
    assert names(office, "?kind=fee") == ["fee"]
    assert names(office, f"?product_id={huolto}") == ["step"]
    assert names(office, f"?product_id={auto}&kind=step") == []


@pytest.mark.parametrize(
    ("rights", "reads", "writes"),
    [
        (("products.read",), 403, 403),
        (("products.read", "prices.read"), 200, 403),
        (("products.read", "products.write", "prices.read"), 200, 201),
        (("workorders.record", "products.read"), 403, 403),
    ],
)
def test_who_sees_prices_reads_and_who_writes_products_writes(
    service: ServiceUnderTest, rights: tuple[str, ...], reads: int, writes: int
) -> None:
    somebody = service.caller(*rights)
    for path in ("/charging-rules", "/charging-rules/templates"):
        assert somebody.get(path).status_code == reads
    made = rule(service.caller("products.write"), "A")
    assert somebody.get(f"/charging-rules/{made['id']}").status_code == reads
    trial = {"rows": [{"product_id": new_id(), "quantity": "1", "work_date": "2026-11-21"}]}
    assert somebody.post("/charging-rules/test", trial).status_code == (422 if reads == 200 else 403)
    assert somebody.post("/charging-rules", {"name": "B", "effects": [STEP]}).status_code == writes
    ok = 200 if writes == 201 else 403
    in_order = [one["id"] for one in service.caller("prices.read").get("/charging-rules").json["items"]]
    assert somebody.post("/charging-rules/order", {"ids": in_order}).status_code == ok
    assert somebody.patch(f"/charging-rules/{made['id']}", {"name": "C"}, if_match=1).status_code == ok
    assert somebody.post(f"/charging-rules/{made['id']}/archive").status_code == ok
    assert somebody.post(f"/charging-rules/{made['id']}/restore").status_code == ok


def test_another_tenant_s_rules_do_not_exist(office: Caller, stranger: Caller) -> None:
    made = rule(office, "A")
    path = f"/charging-rules/{made['id']}"
    assert stranger.get(path).status_code == 404
    assert stranger.patch(path, {"name": "B"}, if_match=1).status_code == 404
    assert stranger.post(f"{path}/archive").status_code == 404
    assert names(stranger) == []
    assert stranger.post("/charging-rules/order", {"ids": [made["id"]]}).status_code == 422


def test_snapshot_pages_hold_what_the_events_said(office: Caller, service: ServiceUnderTest) -> None:
    made = rule(office, "A")
    client = service.app.test_client()
    items, after = {}, ""
    while after is not None:
        path = f"/internal/v1/snapshot/charging_rule?limit=1{after}"
        page = client.get(path, headers={"Authorization": f"Bearer {SERVICE_TOKEN}"}).json
        items |= {item["id"]: item for item in page["items"]}
        after = page["next"] and f"&after={page['next']}"
    (event,) = service.events(TYPE)
    assert items[made["id"]]["data"] == event.data
    assert (items[made["id"]]["version"], items[made["id"]]["tenant_id"]) == (1, service.tenant_id)


def test_a_malformed_field_hides_no_rule_about_the_others(office: Caller) -> None:
    """Nor is anything said about a whole of which a part is malformed, such as that the conditions are too wide."""
    included = {"kind": "included", "times": 1, "group": ""}
    body = {
        "name": "",
        "valid_from": "2026-02-01",
        "valid_to": "2026-01-01",
        "conditions": {"product_ids": ["x"]},
        "effects": [included, included],
    }
    problem = office.post("/charging-rules", body)
    assert problem.status_code == 400
    assert {error["pointer"] for error in problem.json["errors"]} == {
        "/name",
        "/conditions/product_ids/0",
        "/valid_to",
        "/effects",
    }
    assert names(office) == []
