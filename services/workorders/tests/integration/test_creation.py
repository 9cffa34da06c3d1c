"""Three ways to make an order, each of which may be repeated."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from services.workorders.config import Settings
from services.workorders.tests.builders import INTEGRATION, PLANNER, Firm
from shared.http.request import EXTENSION
from shared.ids import new_id


def intake(firm: Firm, **changes: object) -> dict[str, object]:
    return {"source": "crm", "reference": "T-1009", "customer_id": firm.customer(), "description": "Hissi", **changes}


def test_intake_makes_one_order_however_often_it_comes(firm: Firm) -> None:
    system = firm.person(*INTEGRATION)
    body = intake(firm, rows=[{"product_id": firm.product(), "quantity": "2"}])
    first = system.make("/workorders/intake", body)
    assert (system.last.status_code, first["origin"]) == (201, "integration")
    assert first["external"] == {"source": "crm", "reference": "T-1009"}
    assert [row["quantity"] for row in first["planned_rows"]] == ["2.000"]
    again = system.make("/workorders/intake", body)
    assert system.last.status_code == 200
    assert again == first


def test_intake_repeated_after_the_start_gives_the_order_as_it_is_now(firm: Firm) -> None:
    system, worker = firm.person(*INTEGRATION), firm.worker()
    body = intake(firm)
    order = system.make("/workorders/intake", body)
    worker.step(order["id"], "start")
    again = system.make("/workorders/intake", body)
    assert (system.last.status_code, again["id"], again["state"]) == (200, order["id"], "in_progress")


def test_intake_with_another_content_is_refused(firm: Firm) -> None:
    system = firm.person(*INTEGRATION)
    body = intake(firm)
    order = system.make("/workorders/intake", body)
    problem = system.refused(409, "POST", "/workorders/intake", {**body, "description": "Ovi"})
    assert problem["code"] == "workorder.intake_differs"
    assert firm.planner().get(f"/workorders/{order['id']}")["description"] == "Hissi"


def test_same_reference_of_another_source_or_tenant_is_another_order(firm: Firm, other_firm: Firm) -> None:
    body = intake(firm)
    ids = {
        firm.person(*INTEGRATION).make("/workorders/intake", body)["id"],
        firm.person(*INTEGRATION).make("/workorders/intake", {**body, "source": "erp"})["id"],
        other_firm.person(*INTEGRATION).make("/workorders/intake", intake(other_firm))["id"],
    }
    assert len(ids) == 3


def test_intake_sent_by_two_at_the_same_moment_makes_one_order(firm: Firm) -> None:
    body = intake(firm)
    systems = [firm.person(*INTEGRATION) for _ in range(2)]

    def send(index: int) -> int:
        systems[index].call("POST", "/workorders/intake", body)
        return systems[index].last.status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [200, 201]
    assert len(firm.planner().get("/workorders/?external_reference=T-1009")["items"]) == 1


def field_order(firm: Firm, **changes: object) -> dict[str, object]:
    rows = [{"id": new_id(), "product_id": firm.product(), "quantity": "1.5", "work_date": "2026-11-20"}]
    return {"id": new_id(), "customer_id": firm.customer(), "rows": rows, **changes}


def test_field_order_is_its_makers_and_under_way(firm: Firm) -> None:
    worker = firm.worker()
    body = field_order(firm)
    order = worker.make("/workorders/field", body)
    assert (order["id"], order["state"], order["origin"]) == (body["id"], "in_progress", "field")
    assert order["assigned_to"] == order["created_by"] == worker.id
    assert [row["quantity"] for row in order["rows"]] == ["1.500"]


def test_field_order_sent_again_gives_the_same_answer(firm: Firm) -> None:
    worker = firm.worker()
    body = field_order(firm)
    first = worker.make("/workorders/field", body)
    assert worker.make("/workorders/field", body) == first


def test_field_order_from_a_second_device_with_other_notes_is_refused(firm: Firm) -> None:
    worker = firm.worker()
    body = field_order(firm, description="Lukko vaihdettu")
    worker.make("/workorders/field", body)
    problem = worker.refused(409, "POST", "/workorders/field", {**body, "description": "Lukko öljytty"})
    assert problem["code"] == "key_reused"
    assert worker.get(f"/workorders/{body['id']}")["description"] == "Lukko vaihdettu"


def test_provisional_customer_must_become_real_before_approval(firm: Firm) -> None:
    worker, planner = firm.worker(), firm.planner()
    body = field_order(firm, customer_id=None, provisional_customer={"name": "Virtanen", "phone": "040 123 4567"})
    order = worker.make("/workorders/field", body)
    assert order["provisional_customer"]["name"] == "Virtanen"
    done = worker.step(order["id"], "done")
    assert done["state"] == "in_review"
    problem = planner.refused(422, "POST", f"/workorders/{order['id']}/approve")
    assert [error["code"] for error in problem["errors"]] == ["customer.provisional"]

    change = {"customer_id": firm.customer()}
    tag = {"If_Match": f'"{done["version"]}"'}
    assert planner.refused(428, "PATCH", f"/workorders/{order['id']}", change)["code"] == "precondition_required"
    assert planner.refused(412, "PATCH", f"/workorders/{order['id']}", change, If_Match='"1"')
    changed = planner.call("PATCH", f"/workorders/{order['id']}", change, headers={"If-Match": tag["If_Match"]})
    assert changed["provisional_customer"] is None
    assert planner.step(order["id"], "approve")["state"] == "approved"


def test_planning_is_repeatable_by_key_and_by_id(firm: Firm) -> None:
    planner = firm.planner()
    body = {"customer_id": firm.customer(), "description": "Vuosihuolto"}
    headers = {"Idempotency-Key": "abc"}
    first = planner.call("POST", "/workorders/", body, headers=headers)
    assert planner.call("POST", "/workorders/", body, headers=headers)["id"] == first["id"]
    planner.refused(409, "POST", "/workorders/", {**body, "priority": "urgent"}, Idempotency_Key="abc")
    own = {**body, "id": new_id()}
    assert planner.make("/workorders/", own)["id"] == own["id"]
    assert planner.make("/workorders/", own)["number"] == "2"


def test_an_id_that_another_tenant_has_used_tells_nothing(firm: Firm, other_firm: Firm) -> None:
    own = {"id": new_id(), "customer_id": firm.customer()}
    firm.planner().make("/workorders/", own)
    other = {**own, "customer_id": other_firm.customer()}
    assert other_firm.planner().refused(409, "POST", "/workorders/", other)["code"] == "already_exists"


def test_what_is_not_known_here_is_named(firm: Firm, other_firm: Firm) -> None:
    planner = firm.planner()
    problem = planner.refused(422, "POST", "/workorders/", {"customer_id": other_firm.customer()})
    assert (problem["code"], problem["retry_after_s"]) == ("customer_unknown", 2)
    assert problem["errors"][0]["pointer"] == "/customer_id"
    customer = firm.customer()
    problem = planner.refused(422, "POST", "/workorders/", {"customer_id": customer, "site_id": new_id()})
    assert problem["code"] == "site_unknown"
    rows = [{"product_id": firm.product(), "quantity": "1"}, {"product_id": new_id(), "quantity": "1"}]
    problem = planner.refused(422, "POST", "/workorders/", {"customer_id": customer, "rows": rows})
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("product_unknown", "/rows/1/product_id")


def test_a_customer_that_is_on_its_way_is_waited_for(firm: Firm) -> None:
    patient = replace(firm.service.runtime, own=Settings(copy_wait_s=10.0))
    customer = new_id()
    arrival = threading.Timer(0.2, lambda: firm.customer(id=customer))
    firm.service.app.extensions[EXTENSION] = patient
    try:
        arrival.start()
        assert firm.planner().make("/workorders/", {"customer_id": customer})["customer_id"] == customer
    finally:
        arrival.join()
        firm.service.app.extensions[EXTENSION] = firm.service.runtime


def test_everything_wrong_with_customer_site_and_window_comes_at_once(firm: Firm) -> None:
    body = {
        "customer_id": firm.customer(archived=True),
        "site_id": firm.site(customer_id=new_id(), archived=True),
        "wanted_from": "2026-12-02T08:00:00+02:00",
        "wanted_to": "2026-12-01T08:00:00+02:00",
    }
    problem = firm.planner().refused(422, "POST", "/workorders/", body)
    assert [error["code"] for error in problem["errors"]] == [
        "customer.archived",
        "site.archived",
        "site.other_customer",
        "window.reversed",
    ]


def test_customer_on_hold_is_refused_only_where_the_firm_says_so(firm: Firm) -> None:
    planner, admin = firm.planner(), firm.person("workorders.read", "tenant.manage")
    body = {"customer_id": firm.customer(on_hold=True)}
    planner.make("/workorders/", body)
    settings = admin.get("/review-settings/")
    assert (settings["version"], settings["customers_on_hold"]) == (0, "review")
    admin.call("PUT", "/review-settings/", {"modes": {}, "customers_on_hold": "refuse"}, headers={"If-Match": '"0"'})
    assert admin.last.status_code == 200
    assert admin.refused(412, "PUT", "/review-settings/", {"modes": {}}, If_Match='"7"')
    problem = planner.refused(422, "POST", "/workorders/", body)
    assert problem["errors"][0]["code"] == "customer.on_hold"


def test_copies_never_go_backwards(firm: Firm) -> None:
    customer = firm.customer(version=3, name="Uusi nimi")
    firm.customer(id=customer, version=2, name="Vanha nimi")
    order = firm.person(*PLANNER).make("/workorders/", {"customer_id": customer})
    assert order["customer_name"] == "Uusi nimi"
