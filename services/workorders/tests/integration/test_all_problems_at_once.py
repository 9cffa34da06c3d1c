"""Whatever is wrong with an order and its rows is said in one answer, not one call after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.workorders.tests.builders import Firm
from shared.clock import business_day, utc_now
from shared.ids import new_id

_REVERSED = {"started_at": "2026-02-03T10:00:00Z", "ended_at": "2026-02-03T09:00:00Z"}


def _named(problem: Any) -> set[tuple[str, str]]:
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


def test_an_unknown_product_hides_no_other_wrong_row(firm: Firm) -> None:
    worker = firm.worker()
    path = f"/workorders/{firm.in_progress(worker, customer_id=firm.customer())['id']}/rows"
    tomorrow = (business_day(utc_now()) + timedelta(days=1)).isoformat()
    rows = [
        {"product_id": new_id(), "quantity": "0", "unit_price": "5", **_REVERSED},
        {"product_id": firm.product(field_recordable=False), "quantity": "1"},
        {"product_id": new_id(), "quantity": "1"},
        {"product_id": firm.product(), "quantity": "20000", "work_date": tomorrow},
        {"product_id": firm.product(components=[_component(new_id())]), "quantity": "1"},
        {
            "product_id": firm.product(),
            "quantity": "1",
            "started_at": f"{tomorrow}T12:00Z",
            "ended_at": f"{tomorrow}T13:00Z",
        },
    ]
    problem = worker.refused(422, "POST", path, {"rows": rows})
    assert problem["code"] == "product_unknown", "it may be on its way: the client may send the same again"
    assert _named(problem) == {
        ("/rows/0/product_id", "product_unknown"),
        ("/rows/0/quantity", "row.quantity_zero"),
        ("/rows/0/price_reason", "reason.missing"),
        ("/rows/0/ended_at", "row.ends_before_start"),
        ("/rows/1/product_id", "product.not_for_field"),
        ("/rows/2/product_id", "product_unknown"),
        ("/rows/3/quantity", "row.quantity_too_large"),
        ("/rows/3/work_date", "row.future"),
        ("/rows/4/product_id", "product_unknown"),
        ("/rows/5/started_at", "row.future"),
        ("/rows/5/ended_at", "row.future"),
    }
    assert worker.get(path.removesuffix("/rows"))["rows"] == []


def test_an_order_and_its_rows_are_judged_together(firm: Firm) -> None:
    order = {
        "customer_id": firm.customer(archived=True),
        "site_id": new_id(),
        "work_package_id": new_id(),
        "wanted_from": "2026-12-02T08:00:00Z",
        "wanted_to": "2026-12-01T08:00:00Z",
        "rows": [{"product_id": firm.product(archived=True), "quantity": "1"}],
    }
    expected = {
        ("/customer_id", "customer.archived"),
        ("/site_id", "site_unknown"),
        ("/work_package_id", "work_package.unknown"),
        ("/wanted_to", "window.reversed"),
        ("/rows/0/product_id", "product.archived"),
    }
    planner, office = firm.planner(), firm.person("workorders.integrate")
    assert _named(planner.refused(422, "POST", "/workorders/", order)) == expected
    assert _named(office.refused(422, "POST", "/workorders/intake", {**order, "source": "crm", "reference": "1"})) == (
        expected
    )
    field = planner_who_records(firm).refused(422, "POST", "/workorders/field", {**order, "id": new_id()})
    assert _named(field) == expected
    assert planner.get("/workorders/")["items"] == []


def test_an_unknown_customer_or_site_is_not_called_missing_as_well(firm: Firm) -> None:
    planner = firm.planner()
    package = planner.make("/work-packages/", {"code": "P-1", "name": "Putket", "customer_id": firm.customer()})["id"]
    unknown = {"customer_id": new_id(), "work_package_id": package}
    assert _named(planner.refused(422, "POST", "/workorders/", unknown)) == {("/customer_id", "customer_unknown")}
    unknown = {"site_id": new_id(), "work_package_id": package}
    assert _named(planner.refused(422, "POST", "/workorders/", unknown)) == {("/site_id", "site_unknown")}


def test_a_changed_order_is_judged_as_a_whole(firm: Firm) -> None:
    planner = firm.planner()
    order = planner.make("/workorders/", {"customer_id": firm.customer()})
    changes = {
        "customer_id": firm.customer(archived=True),
        "site_id": firm.site(archived=True),
        "work_package_id": new_id(),
    }
    problem = planner.refused(422, "PATCH", f"/workorders/{order['id']}", changes, If_Match='"1"')
    assert _named(problem) == {
        ("/customer_id", "customer.archived"),
        ("/site_id", "site.archived"),
        ("/work_package_id", "work_package.unknown"),
    }


def test_a_changed_row_is_judged_as_a_whole(firm: Firm) -> None:
    worker = firm.worker()
    path = f"/workorders/{firm.in_progress(worker, customer_id=firm.customer())['id']}/rows"
    row = worker.make(path, {"product_id": firm.product(), "quantity": "1"})["items"][0]
    changes = {"quantity": "0", "unit_price": "5", "charge_as_recorded": True, **_REVERSED}
    problem = worker.refused(422, "PATCH", f"{path}/{row['id']}", changes, If_Match="*")
    assert _named(problem) == {
        ("/quantity", "row.quantity_zero"),
        ("/unit_price", "price.not_editable"),
        ("/price_reason", "reason.missing"),
        ("/charge_as_recorded", "row.charge_forbidden"),
        ("/ended_at", "row.ends_before_start"),
    }
    later = {"started_at": (utc_now() + timedelta(days=2)).isoformat()}
    problem = worker.refused(422, "PATCH", f"{path}/{row['id']}", later, If_Match="*")
    assert _named(problem) == {("/started_at", "row.future")}


def test_a_package_of_nobody_with_reversed_days(firm: Firm) -> None:
    body = {"code": "P", "name": "P", "customer_id": new_id(), "starts_on": "2026-02-02", "ends_on": "2026-02-01"}
    problem = firm.planner().refused(422, "POST", "/work-packages/", body)
    assert _named(problem) == {("/customer_id", "customer_unknown"), ("/ends_on", "period.reversed")}


def test_every_row_id_that_was_used_before_is_named(firm: Firm) -> None:
    worker = firm.worker()
    path = f"/workorders/{firm.in_progress(worker, customer_id=firm.customer())['id']}/rows"
    product = firm.product()
    rows = [{"id": new_id(), "product_id": product, "quantity": "1"} for _ in range(3)]
    worker.make(path, {"rows": rows})
    problem = worker.refused(409, "POST", path, {"rows": [{**row, "quantity": "2"} for row in rows[1:]]})
    assert [error["pointer"] for error in problem["errors"]] == ["/rows/0/id", "/rows/1/id"]


def planner_who_records(firm: Firm) -> Any:
    return firm.person("workorders.record", "workorders.plan")


def _component(product_id: str) -> dict[str, Any]:
    return {"product_id": product_id, "quantity": "1.000", "share_weight": None}


def test_a_malformed_row_hides_no_row_that_rules_refuse(firm: Firm) -> None:
    worker = firm.worker()
    path = f"/workorders/{firm.in_progress(worker, customer_id=firm.customer())['id']}/rows"
    product = firm.product()
    rows = [
        {"product_id": product, "quantity": "1,5", **_REVERSED},
        None,
        {"product_id": product, "quantity": "0"},
        {"product_id": new_id(), "quantity": "1"},
        {"product_id": product, "quantity": "1"},
    ]
    problem = worker.refused(400, "POST", path, {"rows": rows})
    assert problem["code"] == "malformed"
    assert _named(problem) == {
        ("/rows/0/quantity", "invalid"),
        ("/rows/0/ended_at", "row.ends_before_start"),
        ("/rows/1", "invalid"),
        ("/rows/2/quantity", "row.quantity_zero"),
        ("/rows/3/product_id", "product_unknown"),
    }
    assert "ETag" not in worker.last.headers
    assert worker.get(path.removesuffix("/rows"))["rows"] == []


def test_a_malformed_order_is_judged_as_far_as_it_goes_and_not_made(firm: Firm) -> None:
    planner = firm.planner()
    order = {
        "customer_id": "x",
        "site_id": firm.site(archived=True),
        "priority": "soon",
        "rows": [{"product_id": firm.product(archived=True), "quantity": "1"}],
    }
    assert _named(planner.refused(400, "POST", "/workorders/", order)) == {
        ("/customer_id", "invalid"),
        ("/priority", "invalid"),
        ("/site_id", "site.archived"),
        ("/rows/0/product_id", "product.archived"),
    }
    good = {"customer_id": firm.customer(), "rows": [{"product_id": firm.product(), "quantity": "1"}]}
    assert _named(planner.refused(400, "POST", "/workorders/", {**good, "colour": "red"})) == {("/colour", "invalid")}
    assert planner.get("/workorders/")["items"] == []
    assert planner.make("/workorders/", good)["number"] == "1"


def test_a_malformed_change_is_judged_as_far_as_it_goes_and_not_made(firm: Firm) -> None:
    planner = firm.planner()
    order = planner.make("/workorders/", {"customer_id": firm.customer()})
    changes = {"type": "?", "site_id": firm.site(archived=True), "description": "Uusi"}
    problem = planner.refused(400, "PATCH", f"/workorders/{order['id']}", changes, If_Match='"1"')
    assert _named(problem) == {("/type", "invalid"), ("/site_id", "site.archived")}
    assert planner.get(f"/workorders/{order['id']}")["description"] == ""


def test_what_comes_before_the_rules_adds_nothing_to_a_malformed_request(firm: Firm) -> None:
    planner = firm.planner()
    order = planner.make("/workorders/", {"customer_id": firm.customer()})
    changes = {"type": "?", "site_id": firm.site(archived=True)}
    for headers in ({}, {"If_Match": '"7"'}):
        problem = planner.refused(400, "PATCH", f"/workorders/{order['id']}", changes, **headers)
        assert _named(problem) == {("/type", "invalid")}
    problem = planner.refused(400, "PATCH", f"/workorders/{new_id()}", changes, If_Match='"1"')
    assert _named(problem) == {("/type", "invalid")}
