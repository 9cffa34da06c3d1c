"""Rows: recorded, repeated, changed, removed, compared with the plan."""

from __future__ import annotations

from typing import Any

import pytest

from services.workorders.tests.builders import Firm, Person
from shared.ids import new_id


@pytest.fixture
def worker(firm: Firm) -> Person:
    """Who does the work."""
    return firm.worker()


@pytest.fixture
def path(firm: Firm, worker: Person) -> str:
    """Where rows of an order in progress are."""
    return f"/workorders/{firm.in_progress(worker, customer_id=firm.customer())['id']}/rows"


def order_of(firm: Firm, path: str) -> Any:
    return firm.planner().get(path.removesuffix("/rows"))


def test_price_and_vat_are_stamped_and_stay(firm: Firm, worker: Person, path: str) -> None:
    product = firm.product(list_price="57.75", vat_class="reduced")
    worker.make(path, {"product_id": product, "quantity": "2", "work_date": "2025-12-31"})
    firm.product(id=product, version=2, list_price="99", name="Uusi", vat_class="standard")
    (row,) = order_of(firm, path)["rows"]
    assert (row["unit_price"], row["price_source"], row["net"]) == ("57.7500", "list", "115.50")
    assert (row["vat_class"], row["vat_rate_percent"], row["product_name"]) == ("reduced", "14.00", "Sähköasentaja")


def test_batch_with_own_ids_may_be_sent_again(firm: Firm, worker: Person, path: str) -> None:
    product = firm.product()
    batch = {"rows": [{"id": new_id(), "product_id": product, "quantity": str(n)} for n in (1, 2)]}
    first = worker.make(path, batch)
    version = order_of(firm, path)["version"]
    assert worker.make(path, batch) == first
    more = {"rows": [*batch["rows"], {"id": new_id(), "product_id": product, "quantity": "3"}]}
    assert [row["quantity"] for row in worker.make(path, more)["items"]] == ["1.000", "2.000", "3.000"]
    found = order_of(firm, path)
    assert (len(found["rows"]), found["version"]) == (3, version + 1)


def test_repeated_batch_is_answered_even_when_the_order_is_locked(firm: Firm, worker: Person, path: str) -> None:
    batch = {"rows": [{"id": new_id(), "product_id": firm.product(), "quantity": "1"}]}
    worker.make(path, batch)
    worker.step(path.split("/")[2], "done")
    assert len(worker.make(path, batch)["items"]) == 1


def test_a_key_makes_rows_without_ids_repeatable(firm: Firm, worker: Person, path: str) -> None:
    batch = {"rows": [{"product_id": firm.product(), "quantity": str(n)} for n in (1, 2)]}
    first = worker.make(path, batch, **{"Idempotency-Key": "k1"})
    assert worker.make(path, batch, **{"Idempotency-Key": "k1"}) == first
    worker.make(path, batch, **{"Idempotency-Key": "k2"})
    assert len(order_of(firm, path)["rows"]) == 4


def test_row_id_with_another_content_is_refused(firm: Firm, worker: Person, path: str) -> None:
    row = {"id": new_id(), "product_id": firm.product(), "quantity": "1"}
    worker.make(path, row)
    problem = worker.refused(409, "POST", path, {"rows": [{**row, "quantity": "2"}]})
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("workorder.row_id_reused", "/rows/0/id")


def test_all_or_none_and_every_wrong_field_named(firm: Firm, worker: Person, path: str) -> None:
    product = firm.product()
    rows = [
        {"product_id": product, "quantity": "1"},
        {"product_id": product, "quantity": "1", "unit_price": "5"},
        {
            "product_id": firm.product(field_recordable=False),
            "quantity": "1",
            "planned": True,
            "planned_row_id": new_id(),
            "started_at": "2026-11-20T10:00:00Z",
            "ended_at": "2026-11-20T09:00:00Z",
        },
    ]
    problem = worker.refused(422, "POST", path, {"rows": rows})
    assert {(error["pointer"], error["code"]) for error in problem["errors"]} == {
        ("/rows/1/unit_price", "price.not_editable"),
        ("/rows/1/price_reason", "reason.missing"),
        ("/rows/2/planned", "row.plan_forbidden"),
        ("/rows/2/ended_at", "row.ends_before_start"),
        ("/rows/2/planned_row_id", "row.no_such_plan"),
        ("/rows/2/product_id", "product.not_for_field"),
    }
    assert order_of(firm, path)["rows"] == []


def test_form_errors_all_come_at_once(worker: Person, path: str) -> None:
    rows = [{"product_id": "x", "quantity": 1.5, "colour": "red"}, {"quantity": "1,5", "chargeability": "free"}]
    problem = worker.refused(400, "POST", path, {"rows": rows})
    assert {error["pointer"] for error in problem["errors"]} == {
        "/rows/0/product_id",
        "/rows/0/quantity",
        "/rows/0/colour",
        "/rows/1/product_id",
        "/rows/1/quantity",
        "/rows/1/chargeability",
    }


def test_row_is_changed_with_its_version(firm: Firm, worker: Person, path: str) -> None:
    worker.make(path, {"product_id": firm.product(vat_class="reduced"), "quantity": "1", "work_date": "2025-12-31"})
    order = order_of(firm, path)
    row_path = f"{path}/{order['rows'][0]['id']}"
    change = {"quantity": "2.25", "work_date": "2026-01-01", "description": "Hitsaus"}
    assert worker.refused(428, "PATCH", row_path, change)
    changed = worker.call("PATCH", row_path, change, headers={"If-Match": f'"{order["version"]}"'})
    (row,) = changed["rows"]
    assert (row["quantity"], row["vat_rate_percent"], row["description"]) == ("2.250", "13.50", "Hitsaus")
    assert worker.refused(412, "PATCH", row_path, change, If_Match=f'"{order["version"]}"')
    (priced,) = order_of(firm, path)["rows"]
    assert (priced["unit_price"], priced["price_source"]) == ("57.7500", "list")


def test_planner_types_a_price_with_a_reason(firm: Firm, worker: Person, path: str) -> None:
    planner = firm.planner()
    worker.make(path, {"product_id": firm.product(list_price=None), "quantity": "1"})
    order = order_of(firm, path)
    row_path, tag = f"{path}/{order['rows'][0]['id']}", {"If-Match": f'"{order["version"]}"'}
    problem = planner.call("PATCH", row_path, {"unit_price": "450"}, headers=tag)
    assert problem["errors"][0]["pointer"] == "/price_reason"
    body = {"unit_price": "450", "price_reason": "Tarjous", "discount_percent": "10"}
    (row,) = planner.call("PATCH", row_path, body, headers=tag)["rows"]
    assert (row["unit_price"], row["price_source"], row["net"]) == ("450.0000", "typed", "405.00")


def test_a_worker_changes_own_rows_only(firm: Firm, worker: Person, path: str) -> None:
    firm.planner().make(path, {"product_id": firm.product(), "quantity": "1"})
    order = order_of(firm, path)
    row_path = f"{path}/{order['rows'][0]['id']}"
    assert worker.refused(403, "DELETE", row_path)["code"] == "forbidden"
    worker.make(path, {"product_id": firm.product(code="B"), "quantity": "1"})
    own = order_of(firm, path)["rows"][1]["id"]
    assert len(worker.call("DELETE", f"{path}/{own}")["rows"]) == 1
    assert worker.refused(404, "DELETE", f"{path}/{own}")


def test_the_plan_stands_beside_what_was_done(firm: Firm, worker: Person) -> None:
    planner, product = firm.planner(), firm.product()
    body = {"customer_id": firm.customer(), "rows": [{"product_id": product, "quantity": "4"}]}
    order = planner.make("/workorders/", body)
    planned_id = order["planned_rows"][0]["id"]
    worker.step(order["id"], "start")
    done = {"product_id": product, "quantity": "5.5", "planned_row_id": planned_id}
    worker.make(f"/workorders/{order['id']}/rows", done)
    shown = planner.get(f"/workorders/{order['id']}")
    (difference,) = shown["plan_comparison"]
    assert (difference["planned"], difference["recorded"], difference["difference"]) == ("4.000", "5.500", "1.500")
    assert shown["net"] == "317.63"
    after = planner.call("DELETE", f"/workorders/{order['id']}/rows/{planned_id}")
    assert (after["planned_rows"], after["rows"][0]["planned_row_id"]) == ([], None)


def test_rows_are_not_recorded_before_the_start(firm: Firm, worker: Person) -> None:
    order = firm.planner().make("/workorders/", {"customer_id": firm.customer()})
    row = {"product_id": firm.product(), "quantity": "1"}
    problem = worker.refused(409, "POST", f"/workorders/{order['id']}/rows", row)
    assert (problem["code"], problem["allowed_states"]) == ("workorder.locked", ["in_progress", "paused"])


def test_an_order_has_a_limited_number_of_rows(firm: Firm, worker: Person, path: str) -> None:
    product = firm.product()
    worker.make(path, {"rows": [{"product_id": product, "quantity": "1"}] * 500})
    problem = worker.refused(422, "POST", path, {"product_id": product, "quantity": "1"})
    assert problem["code"] == "workorder.too_many_rows"
