"""Trying charging rules over HTTP, saved ones and others; the templates that begin them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from services.catalog.domain.charging_templates import TEMPLATES
from services.catalog.tests.integration.test_charging_rules_api import STEP, product, rule
from shared.testing.service import Caller, ServiceUnderTest

TUESDAY, SUNDAY = "2026-11-17", "2026-11-22"


def row(
    product_id: str, quantity: str, start: str | None = None, end: str | None = None, **more: Any
) -> dict[str, Any]:
    given = {"product_id": product_id, "quantity": quantity, "work_date": TUESDAY, "unit_price": "45.00", **more}
    if start and end:
        given |= {
            "started_at": f"{given['work_date']}T{start}:00+02:00",
            "ended_at": f"{given['work_date']}T{end}:00+02:00",
        }
    return given


def tried(office: Caller, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = office.post("/charging-rules/test", {"rows": list(rows), **more})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_saved_rules_are_tried_on_rows_and_say_what_they_did(office: Caller, service: ServiceUnderTest) -> None:
    huolto = product(office, "HUOLTO")
    kept = rule(office, "half hour", conditions={"product_ids": [huolto]})
    told = len(service.events())
    trial = tried(office, row(huolto, "0.167", "08:00", "08:10"))
    (charged,) = trial["rows"]
    assert (charged["row_id"], charged["product_code"], charged["unit"]) == ("0", "HUOLTO", "h")
    assert (charged["worked_quantity"], charged["charged_quantity"]) == ("0.167", "0.500")
    assert (charged["unit_price"], charged["net"]) == ("45.00", "22.50")
    assert (trial["worked_net"], trial["charged_net"]) == ("7.52", "22.50")
    (step,) = charged["explanation"]
    assert (step["rule_id"], step["code"], step["params"]["step"]) == (kept["id"], "step", "30")
    assert step["text"]["sv"].startswith("Utfört 10 min")
    assert len(service.events()) == told


def test_rules_not_saved_yet_are_tried_alone_beside_or_in_place_of_saved_ones(office: Caller) -> None:
    huolto = product(office, "HUOLTO")
    kept = rule(office, "half hour")
    hour = {"name": "hour", "effects": [{"kind": "step", "minutes": 60}], "priority": 5}
    wanted = row(huolto, "0.1")

    beside = tried(office, wanted, rules=[hour])
    assert beside["charged_net"] == "45.00"
    assert [(one["rule_name"], one["verdict"]) for one in beside["findings"]] == [
        ("hour", "applied"),
        ("half hour", "weaker"),
    ]
    assert beside["findings"][1]["stronger"] == beside["findings"][0]["rule_id"]
    alone = tried(office, wanted, with_saved=False, rules=[{**hour, "conditions": {"urgent": True}}])
    assert alone["charged_net"] == "4.50"
    (finding,) = alone["findings"]
    assert finding["unmet"] == [
        {
            "condition": "urgent",
            "text": {"fi": "kiireellisyys ei täsmää", "sv": "brådskan stämmer inte", "en": "urgency differs"},
        }
    ]
    in_place = tried(office, wanted, rules=[{**hour, "id": kept["id"]}])
    assert [one["rule_name"] for one in in_place["findings"]] == ["hour"]


def test_derived_rows_have_the_price_of_their_product_for_the_customer(office: Caller) -> None:
    customer = "0190a000-0000-7000-8000-000000000020"
    work, auto = product(office, "SAH-1", "57.75"), product(office, "AUTO", "33.87", kind="travel", unit="käynti")
    agreed = {"product_id": auto, "customer_id": customer, "price": "30.00", "valid_from": "2026-01-01"}
    assert office.post("/prices", agreed).status_code == 201
    fee = {"name": "auto", "effects": [{"kind": "vehicle_fee", "product_id": auto}]}
    for order, net, charged in (({}, "33.87", "149.37"), ({"customer_id": customer}, "30.00", "145.50")):
        trial = tried(office, row(work, "2", unit_price="57.75"), rules=[fee], order=order)
        (derived,) = trial["derived"]
        assert (derived["product_code"], derived["price_from"], derived["net"]) == ("AUTO", "product", net)
        assert trial["charged_net"] == charged


def test_everything_wrong_with_what_is_to_be_tried_is_named(office: Caller, stranger: Caller) -> None:
    foreign, own = product(stranger, "X"), product(office, "X")
    no_product = office.post("/charging-rules/test", {"rows": [row(own, "1"), row(foreign, "1")]})
    assert (no_product.status_code, no_product.json["code"]) == (422, "charging_trial.invalid")
    assert [error["pointer"] for error in no_product.json["errors"]] == ["/rows/1/product_id"]
    bad = {"name": "a", "effects": [{"kind": "step", "minutes": 7}]}
    wrong_rules = office.post("/charging-rules/test", {"rows": [row(own, "1")], "rules": [bad, {**bad, "name": "b"}]})
    assert [error["pointer"] for error in wrong_rules.json["errors"]] == [
        "/rules/0/effects/0/minutes",
        "/rules/1/effects/0/minutes",
    ]
    form = office.post("/charging-rules/test", {"rows": [row(own, "1", started_at="2026-11-17T08:00:00")]})
    assert [error["pointer"] for error in form.json["errors"]] == ["/rows/0/started_at"]


def test_included_times_and_earlier_hours_come_as_facts(office: Caller) -> None:
    lumi = product(office, "LUMI")
    contract = rule(office, "12", {"kind": "included", "times": 12}, conditions={"product_ids": [lumi]})
    for used, net in ((11, "0.00"), (12, "45.00")):
        trial = tried(office, row(lumi, "1"), order={"included_used": {contract["id"]: used}})
        assert trial["charged_net"] == net
        assert trial["included_used"] == ({contract["id"]: 1} if used == 11 else {})
    overtime = {
        "name": "overtime",
        "conditions": {"day_hours": {"from": "8"}},
        "effects": [{"kind": "factor", "factor": "1.5", "product_id": lumi}],
    }
    hours = [{"worker": "w", "work_date": TUESDAY, "hours": "7"}]
    trial = tried(
        office, row(lumi, "2", worker="w"), rules=[overtime], with_saved=False, order={"earlier_hours": hours}
    )
    assert [one["quantity"] for one in trial["derived"]] == ["1.000"]


def test_what_is_said_of_a_row_is_what_is_tried(office: Caller) -> None:
    work = product(office, "HUOLTO")
    hour = {"name": "hour", "effects": [{"kind": "step", "minutes": 60}]}
    cases = [({}, "1.000"), ({"correction": True}, "0.500"), ({"chargeable": False}, "0.500")]
    for said, charged in cases:
        assert tried(office, row(work, "0.5", **said), rules=[hour])["rows"][0]["charged_quantity"] == charged
    twice = [row(work, "0.5", visit="1"), row(work, "0.5", visit="2")]
    assert tried(office, *twice, rules=[hour])["charged_net"] == "90.00"
    unpaid = tried(office, row(work, "1", chargeable=False))
    assert (unpaid["worked_net"], unpaid["charged_net"]) == ("0.00", "0.00")
    gold = {**hour, "conditions": {"price_groups": ["gold"], "order_types": ["fault"], "urgent": True}}
    order = {"price_group": "gold", "order_type": "fault", "urgent": True}
    assert tried(office, row(work, "0.5"), rules=[gold], order=order)["charged_net"] == "45.00"
    for missing in order:
        other = {name: value for name, value in order.items() if name != missing}
        assert tried(office, row(work, "0.5"), rules=[gold], order=other)["charged_net"] == "22.50"


@pytest.mark.parametrize("moment", ["1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "0001-01-01T00:00:00+12:00"])
def test_moments_of_other_centuries_are_slips(office: Caller, moment: str) -> None:
    answer = office.post("/charging-rules/test", {"rows": [row(product(office, "X"), "1", started_at=moment)]})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "/rows/0/started_at")


def test_the_invoice_fee_is_tried_with_a_document(office: Caller) -> None:
    fee = product(office, "LASKLIS", "5.00", kind="fee", unit="kpl")
    rule(office, "fee", {"kind": "invoice_fee", "product_id": fee, "unit_price": "5", "except_channels": ["einvoice"]})
    for channel, price in (("letter", "5.00"), ("einvoice", None)):
        trial = tried(office, row(fee, "1"), document={"day": TUESDAY, "channel": channel})
        assert (trial["invoice_fee"] or {}).get("unit_price") == price
    assert tried(office, row(fee, "1"))["invoice_fee"] is None


FILLED = {
    "started_half_hour": ("22.50", []),
    "started_hour": ("45.00", []),
    "minimum_two_hours": ("90.00", []),
    "sunday": ("12.02", ["12.02"]),
    "night": ("12.02", ["4.50"]),
    "evening": ("12.02", ["3.76"]),
    "call_out_day": ("12.02", ["90.00"]),
    "vehicle_fee": ("12.02", ["product"]),
    "included_twelve_times": ("0.00", []),
}
"""What 16 minutes on a Sunday evening until 21.06 cost by each template alone, at 45,00 an hour; by others 12,02."""


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["key"])
def test_every_template_can_be_filled_in_and_does_what_it_says(template: dict[str, Any], office: Caller) -> None:
    work, other = product(office, "HUOLTO", "45.00"), product(office, "OTHER", "5.00", unit="kpl", kind="fee")
    filled = copy.deepcopy(dict(template["rule"]))
    for choice in template["choose"]:
        *way, last = choice["pointer"].split("/")[1:]
        place: Any = filled
        for step in way:
            place = place[int(step)] if step.isdigit() else place.setdefault(step, [])
        chosen = work if "conditions" in way else other
        if isinstance(place, list):
            place.append(chosen)
        else:
            place[last] = chosen
    made = office.post("/charging-rules", filled)
    assert made.status_code == 201, made.json
    assert made.json["name"] == template["name"]["fi"]
    worked = row(work, "0.267", "20:50", "21:06", work_date=SUNDAY)
    trial = tried(office, worked, order={"urgent": True, "order_type": "contract"})
    derived = [one["net"] if one["price_from"] != "product" else "product" for one in trial["derived"]]
    assert (trial["rows"][0]["net"], derived) == FILLED.get(template["key"], ("12.02", []))


def test_templates_are_given_with_what_must_be_chosen(office: Caller) -> None:
    items = {one["key"]: one for one in office.get("/charging-rules/templates").json["items"]}
    assert len(items) == len(TEMPLATES)
    assert [one["pointer"] for one in items["vehicle_fee"]["choose"]] == [
        "/effects/0/product_id",
        "/effects/0/km_product_ids/0",
    ]
    assert set(items["night"]["name"]) == {"fi", "sv", "en"}


def test_a_rule_tried_as_often_as_it_may_be_asked_is_quick_enough_to_answer(office: Caller) -> None:
    huolto = product(office, "HUOLTO")
    rules = [{"name": f"r{number}", "effects": [STEP], "priority": number} for number in range(50)]
    trial = tried(office, *[row(huolto, "0.1", worker=f"w{number}") for number in range(200)], rules=rules)
    assert len(trial["findings"]) == 200 * 50
    assert trial["charged_net"] == "4500.00"
