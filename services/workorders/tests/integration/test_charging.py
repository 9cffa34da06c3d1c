"""Charging rules at work: what was recorded, what is charged, which rows rules add, and what people decide."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from services.workorders.tests.builders import Firm
from shared.ids import new_id

STEP = {"kind": "step", "minutes": 30}
MINIMUM = {"kind": "minimum", "minutes": 120}
DAY = "2026-11-16"
"""A Monday."""


class Work:
    """An order in progress with an hourly product of 60,00."""

    def __init__(self, firm: Firm) -> None:
        self.firm, self.worker, self.planner = firm, firm.worker(), firm.planner()
        self.customer = firm.customer()
        self.hour = firm.product(list_price="60.0000")
        self.fee = firm.product(code="LISA", name="Lisä", kind="fee", unit="kpl", list_price="33.8700")
        self.open()

    def open(self, **order: Any) -> None:
        """Start an order; it is the one that everything else is about."""
        self.order = self.firm.in_progress(self.worker, **{"customer_id": self.customer, **order})["id"]
        self.path = f"/workorders/{self.order}"

    def record(self, quantity: str = "1", **row: Any) -> str:
        """Record a row as the worker; return its id."""
        body = {"product_id": self.hour, "quantity": quantity, "work_date": DAY, **row}
        (made,) = self.worker.make(f"{self.path}/rows", body)["items"]
        return str(made["id"])

    def change(self, row_id: str, changes: Any, person: Any = None) -> Any:
        """Change a row as the planner."""
        version = self.planner.get(self.path)["version"]
        headers = {"If-Match": f'"{version}"'}
        return (person or self.planner).call("PATCH", f"{self.path}/rows/{row_id}", changes, headers=headers)

    @property
    def rows(self) -> list[Any]:
        """All rows as the planner sees them."""
        return list(self.planner.get(self.path)["rows"])

    def row(self, row_id: str) -> Any:
        return next(row for row in self.rows if row["id"] == row_id)

    @property
    def derived(self) -> list[Any]:
        return [row for row in self.rows if row["derived_by"] and not row["closed_reason"]]


@pytest.fixture
def work(firm: Firm) -> Work:
    return Work(firm)


def charged(row: Any) -> tuple[str, str, str]:
    return row["worked_quantity"], row["quantity"], row["net"]


def test_without_rules_what_is_worked_is_charged(work: Work) -> None:
    row = work.row(work.record("1.3"))
    assert charged(row) == ("1.300", "1.300", "78.00")
    assert [one["id"] for one in work.rows] == [row["id"]]


def test_worked_and_charged_time_are_both_kept(work: Work) -> None:
    rule = work.firm.rule(STEP, name="Alkava puolituntinen")
    row_id = work.record("1.3")
    assert charged(work.row(row_id)) == ("1.300", "1.500", "90.00")
    (seen,) = work.worker.get(work.path)["rows"]
    assert (seen["quantity"], seen["worked_quantity"]) == ("1.300", "1.300")
    order = work.planner.get(work.path)
    assert order["totals"] == [{"unit": "h", "worked": "1.300", "charged": "1.500"}]
    assert work.worker.get(work.path)["totals"] == [{"unit": "h", "worked": "1.300"}]
    explained = work.planner.get(f"{work.path}/charging")
    (told,) = explained["rows"]
    assert (told["row_id"], told["worked_quantity"], told["quantity"]) == (row_id, "1.300", "1.500")
    (step,) = told["steps"]
    assert (step["code"], step["rule_id"], step["rule_name"]) == ("step", rule, "Alkava puolituntinen")
    assert "90" in step["text"]["fi"]
    assert explained["net"] == "90.00"


def test_changing_and_removing_rows_decides_anew(work: Work) -> None:
    work.firm.rule(STEP)
    work.firm.rule({"kind": "vehicle_fee", "product_id": work.fee, "unit_price": "33.87"}, name="Huoltoauto")
    first = work.record("1.3")
    assert [row["net"] for row in work.derived] == ["33.87"]
    fee = work.derived[0]["id"]
    work.change(first, {"quantity": "2.1"})
    assert charged(work.row(first)) == ("2.100", "2.500", "150.00")
    second = work.record("0.4")
    assert [row["id"] for row in work.derived] == [fee]
    work.worker.call("DELETE", f"{work.path}/rows/{first}")
    assert charged(work.row(second)) == ("0.400", "0.500", "30.00")
    assert [row["id"] for row in work.derived] == [fee]
    work.worker.call("DELETE", f"{work.path}/rows/{second}")
    assert work.rows == []


def test_done_sees_rules_that_came_meanwhile_and_approval_ends_it(work: Work) -> None:
    work.firm.review_always("extra")
    row_id = work.record("1.3")
    rule = work.firm.rule(STEP)
    assert charged(work.row(row_id))[1] == "1.300"
    work.worker.step(work.order, "done")
    assert charged(work.row(row_id))[1] == "1.500"
    work.planner.step(work.order, "approve")
    work.firm.rule(STEP, id=rule, version=2, archived=True)
    assert charged(work.row(row_id))[1] == "1.500"


def test_night_work_gets_a_supplement_row(work: Work) -> None:
    factor = {"kind": "factor", "factor": "1.5", "product_id": work.fee}
    rule = work.firm.rule(factor, name="Yölisä", conditions={"clock": {"from": "21:00", "to": "06:00"}})
    work.record("2", started_at="2026-11-16T18:00:00Z", ended_at="2026-11-16T20:00:00Z")
    (supplement,) = work.derived
    assert (supplement["derived_by"], supplement["description"], supplement["product_code"]) == (rule, "Yölisä", "LISA")
    assert (supplement["quantity"], supplement["unit_price"], supplement["net"]) == ("1.000", "30.0000", "30.00")
    assert (supplement["worked_quantity"], supplement["price_source"]) == (None, "rule")
    assert (supplement["vat_rate_percent"], supplement["recorded_by"]) == ("25.50", "system:charging")
    assert work.planner.get(work.path)["net"] == "150.00"


def test_the_products_own_price_is_resolved_for_a_fee(work: Work) -> None:
    work.firm.price(work.fee, price="30", customer_id=work.customer)
    work.firm.rule({"kind": "call_out", "product_id": work.fee})
    work.record()
    assert [(row["unit_price"], row["price_source"]) for row in work.derived] == [("30.0000", "customer")]


def test_a_fee_whose_product_is_unknown_waits_for_a_person(work: Work) -> None:
    work.firm.rule({"kind": "call_out", "product_id": new_id(), "unit_price": "50"})
    work.record()
    done = work.worker.step(work.order, "done")
    assert (done["state"], [row["unit_price"] for row in work.derived]) == ("in_review", [None])
    problem = work.planner.refused(422, "POST", f"{work.path}/approve")
    assert problem["errors"][0]["code"] == "price.missing"


def test_kilometres_beyond_the_vehicle_fee_are_charged(work: Work) -> None:
    km = work.firm.product(code="KM", kind="travel", unit="km", list_price="0.9300")
    work.firm.rule({"kind": "vehicle_fee", "product_id": work.fee, "unit_price": "33.87", "included_km": "25"})
    work.record()
    far = work.record("40", product_id=km)
    assert charged(work.row(far)) == ("40.000", "15.000", "13.95")
    work.change(far, {"quantity": "20"})
    near = work.row(far)
    assert (near["quantity"], near["chargeability"]) == ("20.000", "included")
    assert work.planner.get(work.path)["net"] == "93.87"


def test_included_in_the_contract_is_reported_and_not_charged(work: Work) -> None:
    rule = work.firm.rule(
        {"kind": "included", "times": 2}, name="Sopimus", conditions={"customer_ids": [work.customer]}
    )
    seen = []
    for _ in range(3):
        work.open()
        row = work.row(work.record())
        seen.append((row["chargeability"], row["chargeability_reason"]))
    assert seen == [("included", "Sopimus"), ("included", "Sopimus"), ("charge", None)]
    work.planner.call("POST", f"{work.path}/reprice", {"dry_run": False})
    assert work.rows[0]["chargeability"] == "charge"
    work.firm.rule({"kind": "included"}, id=rule, version=2, name="S", conditions={"customer_ids": [work.customer]})
    work.record("0.5")
    assert [row["chargeability"] for row in work.rows] == ["included", "included"]
    done = work.worker.step(work.order, "done")
    assert done["state"] == "approved"
    told = work.firm.service.events("workorder.approved.v1")[-1].data["rows"]
    assert [(row["chargeability"], row["chargeability_reason"]) for row in told] == [("included", "S")] * 2


def test_an_order_keeps_the_time_that_it_uses(work: Work) -> None:
    work.firm.rule({"kind": "included", "times": 1}, conditions={"customer_ids": [work.customer]})
    row_id = work.record()
    work.change(row_id, {"quantity": "2"})
    assert work.row(row_id)["chargeability"] == "included"


def test_what_is_charged_as_recorded_makes_no_visit(work: Work) -> None:
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    row_id = work.record()
    work.change(row_id, {"charge_as_recorded": True})
    assert work.derived == []


def test_the_last_included_time_is_given_once(work: Work) -> None:
    """Four orders are recorded at the same moment, and the contract includes one."""
    work.firm.rule({"kind": "included", "times": 1}, conditions={"customer_ids": [work.customer]})
    orders = [work.firm.in_progress(work.worker, customer_id=work.customer)["id"] for _ in range(4)]
    row = {"product_id": work.hour, "quantity": "1", "work_date": DAY}
    workers = [work.firm.worker() for _ in orders]
    for order, worker in zip(orders, workers, strict=True):
        work.planner.step(order, "assign", {"assigned_to": worker.id})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda who, order: who.make(f"/workorders/{order}/rows", row), workers, orders))
    assert sorted(answer["items"][0]["chargeability"] for answer in answers) == ["charge"] * 3 + ["included"]


def test_a_cancelled_order_gives_its_times_back(work: Work) -> None:
    work.firm.rule({"kind": "included", "times": 1}, conditions={"customer_ids": [work.customer]})
    work.record()
    work.planner.step(work.order, "cancel", {"reason": "x", "rows_reason": "x"})
    work.open()
    assert work.row(work.record())["chargeability"] == "included"


def test_overtime_counts_the_workers_other_orders_of_the_day(work: Work) -> None:
    factor = {"kind": "factor", "factor": "2", "product_id": work.fee}
    work.firm.rule(factor, conditions={"day_hours": {"from": "8"}})
    work.record("7", started_at="2026-11-16T05:00:00Z", ended_at="2026-11-16T12:00:00Z")
    work.open()
    work.record("2", started_at="2026-11-16T12:00:00Z", ended_at="2026-11-16T14:00:00Z")
    assert [row["quantity"] for row in work.derived] == ["1.000"]


def test_overtime_of_a_day_that_is_sent_for_four_orders_at_once(work: Work) -> None:
    """A phone is back and sends all it has: of 4 × 5 hours those after the 8th are overtime, whoever comes first."""
    factor = {"kind": "factor", "factor": "2", "product_id": work.fee}
    work.firm.rule(factor, conditions={"day_hours": {"from": "8"}})
    orders = [work.firm.in_progress(work.worker, customer_id=work.customer)["id"] for _ in range(4)]
    row = {"product_id": work.hour, "quantity": "5", "work_date": DAY}
    phones = [work.worker.same_on_another_phone() for _ in orders]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda phone, order: phone.make(f"/workorders/{order}/rows", row), phones, orders))
    made = [row for order in orders for row in work.planner.get(f"/workorders/{order}")["rows"] if row["derived_by"]]
    assert sorted(row["quantity"] for row in made) == ["2.000", "5.000", "5.000"]
    for order in orders:
        work.worker.step(order, "done")
    made = [row for order in orders for row in work.planner.get(f"/workorders/{order}")["rows"] if row["derived_by"]]
    assert sorted(row["quantity"] for row in made) == ["2.000", "5.000", "5.000"], "done later, it stays as it was"


def test_marks_of_a_row_meet_conditions(work: Work) -> None:
    factor = {"kind": "factor", "factor": "1.5", "product_id": work.fee}
    work.firm.rule(factor, conditions={"marks": ["overtime_50"]})
    plain = work.record("1")
    assert work.derived == []
    work.record("2", marks=["overtime_50"])
    assert [(row["quantity"], row["net"]) for row in work.derived] == [("2.000", "60.00")]
    work.change(plain, {"marks": ["overtime_50"]})
    assert sorted(row["quantity"] for row in work.derived) == ["1.000", "2.000"]


def test_what_the_office_writes_down_is_no_second_visit(work: Work) -> None:
    work.firm.rule(MINIMUM)
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    work.record("0.5")
    work.planner.make(f"{work.path}/rows", {"product_id": work.hour, "quantity": "0.5", "work_date": DAY})
    assert len(work.derived) == 1
    assert work.planner.get(work.path)["totals"] == [{"unit": "h", "worked": "1.000", "charged": "2.000"}]


def test_the_office_decides_and_rules_keep_off(work: Work) -> None:
    work.firm.rule(MINIMUM)
    row_id = work.record("0.5")
    assert charged(work.row(row_id))[1] == "2.000"
    work.change(row_id, {"charge_as_recorded": True})
    assert charged(work.row(row_id)) == ("0.500", "0.500", "30.00")
    work.change(row_id, {"quantity": "0.75"})
    assert charged(work.row(row_id))[:2] == ("0.750", "0.750")
    work.change(row_id, {"charged_quantity": "1.25"})
    work.change(row_id, {"quantity": "0.5"})
    row = work.row(row_id)
    assert (*charged(row)[:2], row["charged_by_hand"]) == ("0.500", "1.250", True)
    work.change(row_id, {"charge_as_recorded": False})
    assert charged(work.row(row_id))[1] == "2.000"
    by_hand = {"product_id": work.hour, "quantity": "0.1", "work_date": DAY, "charge_as_recorded": True}
    (made,) = work.planner.make(f"{work.path}/rows", by_hand)["items"]
    assert (made["quantity"], made["charged_by_hand"]) == ("0.100", True)


def test_a_worker_does_not_decide_what_is_charged(work: Work) -> None:
    row_id = work.record()
    problem = work.change(row_id, {"charged_quantity": "2", "charge_as_recorded": False}, work.worker)
    assert {(error["pointer"], error["code"]) for error in problem["errors"]} == {
        ("/charged_quantity", "row.charge_forbidden"),
        ("/charge_as_recorded", "row.charge_forbidden"),
    }
    row = {"product_id": work.hour, "quantity": "1", "charge_as_recorded": True}
    problem = work.worker.refused(422, "POST", f"{work.path}/rows", row)
    assert problem["errors"][0]["pointer"] == "/rows/0/charge_as_recorded"
    twice = work.change(row_id, {"charged_quantity": "2", "charge_as_recorded": True})
    assert twice["errors"][0]["code"] == "row.charge_ambiguous"
    absurd = work.change(row_id, {"charged_quantity": "9999999", "unit_price": "999999", "price_reason": "x"})
    assert absurd["errors"][0]["code"] == "amount.too_large"
    nothing = work.change(row_id, {"charged_quantity": "0"})
    assert nothing["errors"][0]["code"] == "row.quantity_zero"


def test_charging_an_included_row_by_hand_stays(work: Work) -> None:
    work.firm.rule({"kind": "included"}, conditions={"customer_ids": [work.customer]})
    row_id = work.record()
    work.change(row_id, {"chargeability": "charge"})
    work.record("0.5")
    row = work.row(row_id)
    assert (row["chargeability"], row["chargeability_reason"], row["charged_by_hand"]) == ("charge", None, True)


def test_a_removed_row_of_a_rule_does_not_come_back(work: Work) -> None:
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    work.record()
    (fee,) = work.derived
    work.worker.refused(403, "DELETE", f"{work.path}/rows/{fee['id']}")
    work.planner.call("DELETE", f"{work.path}/rows/{fee['id']}")
    work.record("0.5")
    assert work.derived == []
    assert work.row(fee["id"])["closed_reason"]
    assert work.worker.step(work.order, "done")["state"] == "approved"
    told = work.firm.service.events("workorder.approved.v1")[-1].data["rows"]
    assert [row["quantity"] for row in told] == ["1.000", "0.500"]


def test_a_removed_row_of_a_rule_may_be_given_back_to_the_rules(work: Work) -> None:
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    work.record()
    (fee,) = work.derived
    work.planner.call("DELETE", f"{work.path}/rows/{fee['id']}")
    assert work.change(fee["id"], {"quantity": "2"})["code"] == "not_found"
    work.change(fee["id"], {"charge_as_recorded": False})
    assert [(row["id"], row["net"]) for row in work.derived] == [(fee["id"], "50.00")]


def test_a_changed_row_of_a_rule_stays_as_it_was_changed(work: Work) -> None:
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    work.record()
    (fee,) = work.derived
    work.change(fee["id"], {"unit_price": "20", "price_reason": "sovittu", "quantity": "2"})
    work.record("0.5")
    (kept,) = work.derived
    assert (kept["id"], kept["net"], kept["price_source"]) == (fee["id"], "40.00", "typed")
    work.change(fee["id"], {"charge_as_recorded": False})
    assert [row["net"] for row in work.derived] == ["50.00"]


def test_rows_of_rules_follow_a_reopened_order(work: Work) -> None:
    """Billing knows rows from the first round: a fee that is no longer due is closed, and comes back with its id."""
    work.firm.review_always("extra")
    work.firm.rule(
        {"kind": "call_out", "product_id": work.fee, "unit_price": "50"}, conditions={"product_ids": [work.hour]}
    )
    row_id = work.record()
    (fee,) = work.derived
    work.worker.step(work.order, "done")
    work.planner.step(work.order, "approve")
    work.planner.step(work.order, "reopen", {"reason": "x"})
    work.planner.call("DELETE", f"{work.path}/rows/{row_id}")
    assert (work.derived, bool(work.row(fee["id"])["closed_reason"])) == ([], True)
    again = {"product_id": work.hour, "quantity": "3", "work_date": DAY}
    work.planner.make(f"{work.path}/rows", again)
    assert [row["id"] for row in work.derived] == [fee["id"]]


def test_approval_tells_what_was_worked_and_what_rules_made(work: Work) -> None:
    rule = work.firm.rule(STEP, {"kind": "call_out", "product_id": work.fee, "unit_price": "50"}, name="Hälytys")
    work.record("1.3")
    work.worker.step(work.order, "done")
    first, second = work.firm.service.events("workorder.approved.v1")[-1].data["rows"]
    assert (first["quantity"], first["worked_quantity"], "derived_by" in first) == ("1.500", "1.300", False)
    assert (second["quantity"], second["derived_by"], "worked_quantity" in second) == ("1.000", rule, False)
    assert (second["product_code"], second["unit_price"], second["description"]) == ("LISA", "50.0000", "Hälytys")


def test_a_document_accepts_rows_of_rules_too(work: Work) -> None:
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    work.record()
    work.worker.step(work.order, "done")
    ids = [row["id"] for row in work.rows]
    work.firm.accept({work.order: ids[:1]})
    assert work.planner.get(work.path)["billing"] == "partly"
    work.firm.accept({work.order: ids[1:]})
    assert work.planner.get(work.path)["state"] == "billed"


@pytest.mark.parametrize("seed", range(3))
def test_deciding_again_changes_nothing(work: Work, seed: int) -> None:
    """Rows recorded in any order; then everything is decided anew when the work is done and when it is re-priced."""
    work.firm.review_always("extra")
    chance = random.Random(seed)
    km = work.firm.product(code="KM", kind="travel", unit="km", list_price="0.9300")
    part = work.firm.product(code="OSA", kind="material", unit="kpl", list_price="12.3457")
    kit = work.firm.product(
        code="SETTI", list_price="99.99", components=[{"product_id": part, "quantity": "3", "share_weight": None}]
    )
    night = {"clock": {"from": "18:00", "to": "06:00"}}
    work.firm.rule(STEP, MINIMUM)
    work.firm.rule({"kind": "factor", "factor": "1.5", "product_id": work.fee}, conditions=night)
    work.firm.rule({"kind": "vehicle_fee", "product_id": work.fee, "unit_price": "33.87", "included_km": "25"})
    surcharge = {"kind": "surcharge", "product_id": work.fee, "percent": "2"}
    work.firm.rule(surcharge, conditions={"product_kinds": ["material"]})
    for _ in range(8):
        hour = chance.randrange(6, 20)
        times = {"started_at": f"2026-11-16T{hour:02}:10:00Z", "ended_at": f"2026-11-16T{hour + 1:02}:40:00Z"}
        choices: list[dict[str, Any]] = [times, {"product_id": km}, {"product_id": part}, {"product_id": kit}]
        work.record(chance.choice(("0.3", "1", "1.25", "17", "3.333")), **chance.choice(choices))
    before = work.planner.get(work.path)
    work.worker.step(work.order, "done")
    work.planner.call("POST", f"{work.path}/reprice", {"dry_run": False})
    after = work.planner.get(work.path)
    assert after["rows"] == before["rows"]
    assert (after["net"], after["totals"]) == (before["net"], before["totals"])


def test_the_fee_speaks_the_customers_language(firm: Firm) -> None:
    work = Work(firm)
    work.customer = firm.customer(language="sv")
    work.open()
    work.firm.rule(
        {"kind": "call_out", "product_id": work.fee, "unit_price": "50"}, text={"fi": "Hälytys", "sv": "Utryckning"}
    )
    work.record()
    assert [row["description"] for row in work.derived] == ["Utryckning"]


def test_a_field_order_is_charged_at_once_and_repeats_do_not_add(work: Work) -> None:
    work.firm.rule(STEP, {"kind": "call_out", "product_id": work.fee, "unit_price": "50"})
    row = {"id": new_id(), "product_id": work.hour, "quantity": "0.2", "work_date": DAY}
    body = {"id": new_id(), "customer_id": work.customer, "rows": [row]}
    first = work.worker.make("/workorders/field", body)
    assert work.worker.make("/workorders/field", body)["rows"] == first["rows"]
    work.path = f"/workorders/{body['id']}"
    assert [one["quantity"] for one in work.rows] == ["0.500", "1.000"]
    work.worker.make(f"{work.path}/rows", row)
    assert len(work.rows) == 2


def test_another_tenants_rules_do_not_hold(work: Work, other_firm: Firm) -> None:
    other_firm.rule(STEP)
    assert charged(work.row(work.record("1.3")))[1] == "1.300"


def test_a_worker_learns_no_price_rule_or_charge(work: Work) -> None:
    marked = {"name": "Salainen 61.2375", "text": {"fi": "Salainen 61.2375"}}
    work.firm.rule(STEP, **marked)
    work.firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "61.2375"}, **marked)
    work.firm.rule(
        {"kind": "included"}, **marked, conditions={"product_ids": [work.firm.product(id=new_id(), code="INC")]}
    )
    included = work.firm.product(code="I2")
    work.firm.rule({"kind": "included"}, **marked, conditions={"product_ids": [included]})
    work.firm.price(work.hour, price="61.2375", customer_id=work.customer)
    row = {"id": new_id(), "product_id": work.hour, "quantity": "1.3", "work_date": DAY}
    answers: list[Any] = [work.worker.make(f"{work.path}/rows", row)]
    other = work.record("0.7", product_id=included)
    answers.append(work.change(other, {"quantity": "0.6"}, work.worker))
    answers += [work.worker.get(work.path), work.worker.get("/workorders/"), work.worker.get(f"{work.path}/history")]
    answers.append(work.worker.step(work.order, "done"))
    shown = json.dumps(answers, ensure_ascii=False)
    for word in ("61.2375", "Salainen", "price_explanation", "derived_by", "charged", "1.500"):
        assert word not in shown
    assert "included" in shown
    assert work.worker.refused(403, "GET", f"{work.path}/charging")["code"] == "forbidden"
    viewer = work.firm.person("workorders.read")
    assert "Salainen" not in json.dumps(viewer.get(work.path), ensure_ascii=False)
    blind = work.firm.person("workorders.read", "workorders.review")
    seen = blind.get(work.path)
    assert "61.2375" not in json.dumps(seen)
    assert len(seen["rows"]) == 3


def test_charging_of_another_tenant_is_not_found(work: Work, other_firm: Firm) -> None:
    stranger = other_firm.planner()
    stranger.refused(404, "GET", f"{work.path}/charging")
    stranger.refused(404, "POST", f"{work.path}/reprice")


def test_done_sent_twice_is_answered_as_the_first_time(work: Work) -> None:
    work.record()
    version = work.worker.get(work.path)["version"]
    headers = {"If-Match": f'"{version}"'}
    first = work.worker.call("POST", f"{work.path}/done", {"signed_by": "Iida"}, headers=headers)
    assert work.worker.call("POST", f"{work.path}/done", {"signed_by": "Iida"}, headers=headers) == first
    assert len(work.firm.service.events("workorder.approved.v1")) == 1
    assert work.worker.refused(409, "POST", f"{work.path}/done", {"signed_by": "Joku"})
    assert work.planner.refused(409, "POST", f"{work.path}/done", {"signed_by": "Iida"})


def test_repricing_names_what_rules_and_sets_charge_otherwise(work: Work) -> None:
    firm = work.firm
    surcharge = {"kind": "surcharge", "product_id": work.fee, "percent": "10"}
    rule = firm.rule(surcharge, name="Pientarvike", conditions={"product_ids": [work.hour]})
    gone = firm.rule({"kind": "call_out", "product_id": work.fee, "unit_price": "50"}, name="Hälytys")
    part = firm.product(code="OSA", unit="kpl", kind="material", list_price="10")
    components = [{"product_id": part, "quantity": "2", "share_weight": None}]
    kit = firm.product(code="SETTI", kind="fixed_price", unit="kpl", list_price="100", components=components)
    hour = work.record("2")
    work.record("1", product_id=kit)
    before = {row["product_code"]: row for row in work.rows if row["derived_by"] or row["set_row_id"]}
    firm.price(work.hour, price="40", customer_id=work.customer)
    firm.price(kit, price="80", customer_id=work.customer)
    firm.rule({"kind": "call_out", "product_id": work.fee}, id=gone, version=2, archived=True)
    added = firm.rule({"kind": "fee", "product_id": work.fee, "unit_price": "7"}, name="Jätemaksu")
    shown = work.planner.call("POST", f"{work.path}/reprice")
    charges = {one["derived_by"] or one["product_code"]: one for one in shown["charges"]}
    assert {key: (_net(one["before"]), _net(one["after"])) for key, one in charges.items()} == {
        "SAH-1": ("120.00", "80.00"),
        rule: ("12.00", "8.00"),
        gone: ("50.00", None),
        added: (None, "7.00"),
        "OSA": ("100.00", "80.00"),
    }
    assert charges["OSA"]["set_row_id"] == before["OSA"]["set_row_id"]
    assert (charges["SAH-1"]["row_id"], charges["SAH-1"]["steps"]) == (hour, [])
    assert [(step["code"], step["rule_name"]) for step in charges[added]["steps"]] == [("fee", "Jätemaksu")]
    assert [step["rule_name"] for step in charges[gone]["steps"]] == ["Hälytys"]
    assert [change["product_code"] for change in shown["changes"]] == ["SAH-1", "SETTI"]
    difference = sum(Decimal(_net(one["after"]) or 0) - Decimal(_net(one["before"]) or 0) for one in charges.values())
    assert difference == Decimal(shown["net_after"]) - Decimal(shown["net_before"])
    done = work.planner.call("POST", f"{work.path}/reprice", {"dry_run": False})
    assert done["charges"] == shown["charges"]
    assert work.planner.call("POST", f"{work.path}/reprice", {"dry_run": False})["charges"] == []


def _net(charge: Any) -> Any:
    return charge and charge["net"]
