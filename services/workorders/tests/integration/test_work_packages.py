"""Work packages and the orders in them."""

from __future__ import annotations

from typing import Any

from services.workorders.tests.builders import Firm
from shared.ids import new_id


def _package(firm: Firm, customer_id: str, **changes: Any) -> Any:
    body = {"code": "P-14", "name": "Linjasaneeraus", "customer_id": customer_id, **changes}
    return firm.planner().make("/work-packages/", body)


def test_a_package_is_made_shown_changed_and_found_by_its_code(firm: Firm) -> None:
    planner, customer_id = firm.planner(), firm.customer()
    made = _package(firm, customer_id, starts_on="2026-01-01", ends_on="2026-12-31")
    assert (made["kind"], made["closed"], made["version"]) == ("project", False, 1)
    changed = planner.call("PATCH", f"/work-packages/{made['id']}", {"name": "Putket"}, headers={"If-Match": '"1"'})
    assert (changed["name"], changed["version"], changed["code"]) == ("Putket", 2, "P-14")
    found = planner.get("/work-packages/?code=p-14")
    assert [each["id"] for each in found["items"]] == [made["id"]]
    assert planner.get(f"/work-packages/?customer_id={new_id()}")["items"] == []


def test_the_same_creation_is_answered_the_same_and_the_code_is_taken_once(firm: Firm) -> None:
    customer_id, own_id = firm.customer(), new_id()
    first, second = (_package(firm, customer_id, id=own_id) for _ in range(2))
    assert first == second
    body = {"code": " p-14", "name": "Toinen", "customer_id": customer_id}
    refused = firm.planner().refused(409, "POST", "/work-packages/", body)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("work_package.code_taken", "/code")


def test_it_may_not_end_before_it_starts(firm: Firm) -> None:
    body = {
        "code": "P-1",
        "name": "Nurin",
        "customer_id": firm.customer(),
        "starts_on": "2026-02-01",
        "ends_on": "2026-01-31",
    }
    refused = firm.planner().refused(422, "POST", "/work-packages/", body)
    assert refused["errors"][0]["pointer"] == "/ends_on"


def test_an_order_goes_into_an_open_package_of_its_own_customer_only(firm: Firm) -> None:
    planner, customer_id = firm.planner(), firm.customer()
    package_id = _package(firm, customer_id)["id"]
    order = planner.make("/workorders/", {"customer_id": customer_id, "work_package_id": package_id})
    assert order["work_package_id"] == package_id
    listed = planner.get(f"/workorders/?work_package_id={package_id}")
    assert [each["id"] for each in listed["items"]] == [order["id"]]
    for wrong in ({"customer_id": firm.customer(), "work_package_id": package_id},):
        refused = planner.refused(422, "POST", "/workorders/", wrong)
        assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [
            ("/work_package_id", "work_package.other_customer")
        ]
    refused = planner.refused(422, "POST", "/workorders/", {"customer_id": customer_id, "work_package_id": new_id()})
    assert refused["errors"][0]["code"] == "work_package.unknown"


def test_a_closed_package_takes_no_new_orders_and_keeps_its_own(firm: Firm) -> None:
    planner, customer_id = firm.planner(), firm.customer()
    package_id = _package(firm, customer_id)["id"]
    inside = planner.make("/workorders/", {"customer_id": customer_id, "work_package_id": package_id})
    outside = planner.make("/workorders/", {"customer_id": customer_id})
    assert planner.call("POST", f"/work-packages/{package_id}/close")["closed"] is True
    assert planner.call("POST", f"/work-packages/{package_id}/close")["version"] == 2
    wish = {"customer_id": customer_id, "work_package_id": package_id}
    assert planner.refused(422, "POST", "/workorders/", wish)["errors"][0]["code"] == "work_package.closed"
    path, join = f"/workorders/{outside['id']}", {"work_package_id": package_id}
    assert planner.refused(422, "PATCH", path, join, If_Match='"1"')["errors"][0]["code"] == "work_package.closed"
    path = f"/workorders/{inside['id']}"
    planner.call("PATCH", path, {"description": "Toinen", "site_id": None}, headers={"If-Match": '"1"'})
    assert planner.last.status_code == 200
    assert planner.call("POST", f"/work-packages/{package_id}/open")["closed"] is False


def test_an_order_leaves_its_package_before_it_changes_hands(firm: Firm) -> None:
    planner, customer_id, other_id = firm.planner(), firm.customer(), firm.customer()
    package_id = _package(firm, customer_id)["id"]
    order = planner.make("/workorders/", {"customer_id": customer_id, "work_package_id": package_id})
    path = f"/workorders/{order['id']}"
    refused = planner.refused(422, "PATCH", path, {"customer_id": other_id}, If_Match='"1"')
    assert refused["errors"][0]["code"] == "work_package.other_customer"
    body = {"customer_id": other_id, "work_package_id": None}
    moved = planner.call("PATCH", path, body, headers={"If-Match": '"1"'})
    assert (moved["customer_id"], moved["work_package_id"]) == (other_id, None)


def test_packages_follow_a_merge_and_come_back(firm: Firm) -> None:
    planner, merged, survivor = firm.planner(), firm.customer(), firm.customer()
    package_id = _package(firm, merged)["id"]
    firm.customer(id=merged, version=2, archived=True, merged_into=survivor)
    assert planner.get(f"/work-packages/{package_id}")["customer_id"] == survivor
    planner.make("/workorders/", {"customer_id": survivor, "work_package_id": package_id})
    firm.customer(id=merged, version=3, merged_into=None)
    assert planner.get(f"/work-packages/{package_id}")["customer_id"] == merged


def test_another_tenant_and_a_worker_see_no_packages(firm: Firm, other_firm: Firm) -> None:
    package_id = _package(firm, firm.customer())["id"]
    other_firm.planner().refused(404, "GET", f"/work-packages/{package_id}")
    firm.worker().refused(403, "GET", f"/work-packages/{package_id}")
    body = {"code": "P-2", "name": "Oma", "customer_id": firm.customer()}
    firm.worker().refused(403, "POST", "/work-packages/", body)
