"""An order from plan to billed, through the API and the inbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.workorders.tests.builders import ADDRESS, Firm
from shared.bus.inbox import Handled
from shared.ids import new_id


def test_planned_order_goes_its_whole_way(firm: Firm) -> None:
    planner, worker = firm.planner(), firm.worker()
    firm.review_always("extra")
    customer, product = firm.customer(), firm.product()
    site = firm.site(customer_id=customer)
    order = planner.make("/workorders/", {"site_id": site, "description": "Porras B, valot eivät syty"})
    assert (order["state"], order["number"], order["customer_id"]) == ("planned", "1", customer)
    assert planner.last.headers["ETag"] == '"1"'

    assert planner.step(order["id"], "assign", {"assigned_to": worker.id})["state"] == "assigned"
    assert worker.step(order["id"], "start")["state"] == "in_progress"
    assert worker.step(order["id"], "pause")["state"] == "paused"
    assert worker.step(order["id"], "resume")["state"] == "in_progress"
    rows = worker.make(
        f"/workorders/{order['id']}/rows",
        {"product_id": product, "quantity": "2.5", "work_date": "2026-11-20"},
    )
    assert rows["items"][0]["vat_rate_percent"] == "25.50"
    done = worker.step(order["id"], "done", {"signed_by": "Iida Isännöitsijä"})
    assert (done["state"], done["signed_by"]) == ("in_review", "Iida Isännöitsijä")

    returned = planner.step(order["id"], "return", {"comment": "Matkat puuttuvat"})
    assert (returned["state"], returned["review_comment"]) == ("in_progress", "Matkat puuttuvat")
    worker.step(order["id"], "done")
    approved = planner.step(order["id"], "approve")
    assert (approved["state"], approved["net"], approved["billing_round"]) == ("approved", "144.38", 1)

    row_id = approved["rows"][0]["id"]
    assert firm.accept({order["id"]: [row_id]}, target_id="165") is Handled.APPLIED
    billed = planner.get(f"/workorders/{order['id']}")
    assert (billed["state"], billed["billing"], billed["rows"][0]["is_billed"]) == ("billed", "billed", True)
    assert billed["rows"][0]["document"]["target_id"] == "165"
    assert planner.step(order["id"], "close")["state"] == "closed"

    steps = " ".join(entry["step"] for entry in planner.get(f"/workorders/{order['id']}/history")["items"])
    assert steps == ("create assign start pause resume complete submit return complete submit approve bill close")


def test_approval_tells_billing_everything_it_needs(firm: Firm) -> None:
    planner, worker = firm.planner(), firm.worker()
    customer = firm.customer(required_references=["order_number"])
    site = firm.site(customer_id=customer)
    product = firm.product(construction_service=True, list_price="1.4520")
    order = firm.in_review(
        worker,
        customer_id=customer,
        site_id=site,
        references={"order_number": "PO-77", "contract": ""},
        rows=[
            {"product_id": product, "quantity": "-17", "work_date": "2025-12-31", "description": "Palautus"},
            {
                "product_id": product,
                "quantity": "1",
                "chargeability": "warranty",
                "chargeability_reason": "Takuu",
            },
        ],
    )
    approved = planner.step(order["id"], "approve")
    (event,) = firm.service.events("workorder.approved.v1")
    assert event.aggregate_version == approved["version"]
    assert event.data["site_address"] == ADDRESS
    assert event.data["references"] == {"order_number": "PO-77"}
    assert event.data["billing_round"] == 1
    first, second = event.data["rows"]
    assert (first["quantity"], first["unit_price"], first["work_date"]) == ("-17.000", "1.4520", "2025-12-31")
    assert (first["vat_class"], first["vat_rate_percent"], first["construction_service"]) == (
        "standard",
        "25.50",
        True,
    )
    assert (second["chargeability"], second["chargeability_reason"]) == ("warranty", "Takuu")


def test_without_review_the_system_approves_what_is_ready(firm: Firm) -> None:
    worker = firm.worker()
    order = firm.in_progress(worker, customer_id=firm.customer())
    worker.make(f"/workorders/{order['id']}/rows", {"product_id": firm.product(), "quantity": "1"})
    done = worker.step(order["id"], "done")
    assert (done["state"], done["approved_by"]) == ("approved", "system:review")
    assert len(firm.service.events("workorder.approved.v1")) == 1


@pytest.mark.parametrize("missing", ["price", "reference", "hold"])
def test_without_review_what_is_not_ready_goes_to_a_person(firm: Firm, missing: str) -> None:
    worker = firm.worker()
    customer = firm.customer(
        required_references=["cost_centre"] if missing == "reference" else [], on_hold=missing == "hold"
    )
    product = firm.product(list_price=None if missing == "price" else "10")
    order = firm.in_progress(worker, customer_id=customer)
    worker.make(f"/workorders/{order['id']}/rows", {"product_id": product, "quantity": "1"})
    assert worker.step(order["id"], "done")["state"] == "in_review"
    assert firm.service.events("workorder.approved.v1") == []


def test_approving_twice_tells_billing_once(firm: Firm) -> None:
    planner = firm.planner()
    order = firm.in_review(firm.worker())
    first = planner.step(order["id"], "approve")
    second = planner.step(order["id"], "approve")
    assert (second["state"], second["version"]) == ("approved", first["version"])
    assert len(firm.service.events("workorder.approved.v1")) == 1
    stale = planner.refused(412, "POST", f"/workorders/{order['id']}/approve", If_Match=f'"{order["version"]}"')
    assert stale["code"] == "version_mismatch"


def test_approving_from_two_places_at_the_same_moment_tells_billing_once(firm: Firm) -> None:
    order = firm.in_review(firm.worker())
    supervisors = [firm.planner() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda person: person.step(order["id"], "approve"), supervisors))
    assert {answer["version"] for answer in answers} == {order["version"] + 1}
    assert len(firm.service.events("workorder.approved.v1")) == 1


def test_approval_names_everything_that_is_missing_at_once(firm: Firm) -> None:
    planner = firm.planner()
    product = firm.product(list_price=None)
    order = firm.in_review(
        firm.worker(),
        customer_id=firm.customer(required_references=["order_number", "orderer"]),
        rows=[
            {"product_id": product, "quantity": "1"},
            {"product_id": firm.product(code="X"), "quantity": "1", "chargeability": "goodwill"},
        ],
    )
    problem = planner.refused(422, "POST", f"/workorders/{order['id']}/approve")
    assert problem["code"] == "workorder.not_ready"
    assert [error["pointer"] for error in problem["errors"]] == [
        "/references/order_number",
        "/references/orderer",
        "/rows/0/unit_price",
        "/rows/1/chargeability_reason",
    ]
    assert planner.get(f"/workorders/{order['id']}")["state"] == "in_review"


def test_approved_order_is_locked(firm: Firm) -> None:
    planner = firm.planner()
    order = firm.in_review(firm.worker())
    approved = planner.step(order["id"], "approve")
    path, tag = f"/workorders/{order['id']}", f'"{approved["version"]}"'
    row = {"product_id": firm.product(code="Y"), "quantity": "1"}
    assert planner.refused(409, "POST", f"{path}/rows", row)["code"] == "workorder.locked"
    row_path = f"{path}/rows/{approved['rows'][0]['id']}"
    assert planner.refused(409, "PATCH", row_path, {"quantity": "9"}, If_Match=tag)["code"] == "workorder.locked"
    assert planner.refused(409, "DELETE", row_path)["code"] == "workorder.locked"
    assert planner.refused(409, "PATCH", path, {"description": "x"}, If_Match=tag)["code"] == "workorder.locked"
    problem = planner.refused(409, "POST", f"{path}/start")
    assert (problem["code"], problem["from_state"], problem["to_state"]) == (
        "workorder.forbidden_step",
        "approved",
        "in_progress",
    )


def test_steps_that_a_phone_sends_again_change_nothing(firm: Firm) -> None:
    """Sent with the version that the phone knew before the answer was lost, too."""
    worker, planner = firm.worker(), firm.planner()
    path = f"/workorders/{planner.make('/workorders/', {'customer_id': firm.customer()})['id']}"
    for step, state in (("start", "in_progress"), ("pause", "paused"), ("resume", "in_progress")):
        tag = {"If-Match": f'"{worker.get(path)["version"]}"'}
        first = worker.call("POST", f"{path}/{step}", headers=tag)
        assert (worker.last.status_code, first["state"]) == (200, state)
        assert worker.call("POST", f"{path}/{step}", headers=tag) == first
        assert worker.last.status_code == 200
        planner.refused(409, "POST", f"{path}/{step}")
    steps = [entry["step"] for entry in worker.get(f"{path}/history")["items"]]
    assert steps == ["create", "start", "pause", "resume"]


def test_reopening_takes_the_round_back_and_approval_makes_a_new_one(firm: Firm) -> None:
    planner = firm.planner()
    order = firm.in_review(firm.worker())
    approved = planner.step(order["id"], "approve")
    reopened = planner.step(order["id"], "reopen", {"reason": "Väärä määrä"})
    assert (reopened["state"], reopened["approved_at"]) == ("in_review", None)
    (event,) = firm.service.events("workorder.reopened.v1")
    assert (event.data["reason"], event.data["billing_round"]) == ("Väärä määrä", 1)

    row_id = approved["rows"][0]["id"]
    path = f"/workorders/{order['id']}/rows"
    planner.call("POST", path, {"product_id": firm.product(code="Z"), "quantity": "3"})
    removed = planner.call("DELETE", f"{path}/{row_id}")
    assert removed["rows"][0]["closed_reason"]
    again = planner.step(order["id"], "approve")
    assert again["billing_round"] == 2
    last = firm.service.events("workorder.approved.v1")[-1]
    assert [row["product_code"] for row in last.data["rows"]] == ["Z"]
    assert last.data["billing_round"] == 2


def test_billed_rows_stand_in_the_way_of_reopening(firm: Firm) -> None:
    planner = firm.planner()
    product = firm.product()
    order = firm.in_review(
        firm.worker(), rows=[{"product_id": product, "quantity": "1"}, {"product_id": product, "quantity": "2"}]
    )
    approved = planner.step(order["id"], "approve")
    first, second = (row["id"] for row in approved["rows"])
    firm.accept({order["id"]: [first]})
    partly = planner.get(f"/workorders/{order['id']}")
    assert (partly["state"], partly["billing"]) == ("approved", "partly")
    problem = planner.refused(422, "POST", f"/workorders/{order['id']}/reopen", {"reason": "x"})
    assert [error["pointer"] for error in problem["errors"]] == ["/rows/0"]

    document = new_id()
    assert firm.accept({order["id"]: [second]}, id=document) is Handled.APPLIED
    assert firm.accept({order["id"]: [second]}, id=document) is Handled.APPLIED
    (billed,) = firm.service.events("workorder.billed.v1")
    assert len(billed.data["documents"]) == 2
    assert planner.get(f"/workorders/{order['id']}")["state"] == "billed"


def test_document_of_an_unknown_order_is_parked(firm: Firm) -> None:
    assert firm.accept({new_id(): [new_id()]}) is Handled.PARKED


def test_document_with_several_orders_bills_each(firm: Firm) -> None:
    planner, worker = firm.planner(), firm.worker()
    approved = [planner.step(firm.in_review(worker)["id"], "approve") for _ in range(3)]
    firm.accept({order["id"]: [order["rows"][0]["id"]] for order in approved})
    listed = planner.get("/workorders/?state=billed")
    assert {order["id"] for order in listed["items"]} == {order["id"] for order in approved}
    assert len(firm.service.events("workorder.billed.v1")) == 3


def test_reviewer_closes_without_billing(firm: Firm) -> None:
    planner = firm.planner()
    order = firm.in_review(firm.worker())
    problem = planner.refused(422, "POST", f"/workorders/{order['id']}/close", {})
    assert problem["errors"][0]["pointer"] == "/reason"
    closed = planner.step(order["id"], "close", {"reason": "Takuutyö"})
    assert (closed["state"], closed["end_reason"]) == ("closed", "Takuutyö")
    assert closed["rows"][0]["closed_reason"] == "Takuutyö"
    assert closed["net"] == "0.00"
    assert firm.service.events("workorder.approved.v1") == []


def test_cancelling_needs_a_reason_for_recorded_rows_too(firm: Firm) -> None:
    planner, worker = firm.planner(), firm.worker()
    order = firm.in_progress(worker, customer_id=firm.customer())
    worker.make(f"/workorders/{order['id']}/rows", {"product_id": firm.product(), "quantity": "1"})
    path = f"/workorders/{order['id']}/cancel"
    assert planner.refused(400, "POST", path, {})["errors"][0]["pointer"] == "/reason"
    problem = planner.refused(422, "POST", path, {"reason": "Asiakas perui"})
    assert problem["errors"][0]["code"] == "row.open"
    cancelled = planner.step(order["id"], "cancel", {"reason": "Asiakas perui", "rows_reason": "Hyvitys"})
    assert (cancelled["state"], cancelled["rows"][0]["closed_reason"]) == ("cancelled", "Hyvitys")
    assert planner.refused(409, "POST", path, {"reason": "x"})["code"] == "workorder.forbidden_step"


def test_draft_waits_until_it_is_planned(firm: Firm) -> None:
    planner, worker = firm.planner(), firm.worker()
    body = {"customer_id": firm.customer(), "draft": True, "assigned_to": worker.id}
    draft = planner.make("/workorders/", body)
    assert draft["state"] == "draft"
    assert planner.refused(409, "POST", f"/workorders/{draft['id']}/start")["from_state"] == "draft"
    assert planner.step(draft["id"], "plan")["state"] == "assigned"
    released = planner.step(draft["id"], "assign", {"assigned_to": None})
    assert (released["state"], released["assigned_to"]) == ("planned", None)
