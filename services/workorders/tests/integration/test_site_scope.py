"""Callers who are limited to some sites: they see and plan only work there, and their own."""

from __future__ import annotations

from typing import Any

import pytest

from services.workorders.tests.builders import PLANNER, WORKER, Firm
from shared.ids import new_id

PERIOD = "from=2026-02-01&to=2026-02-28"


class Town:
    """Two estates of two customers, each with a house; one planned order and one work package for each."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.customers: dict[str, str] = {}
        self.sites: dict[str, str] = {}
        self.orders: dict[str, str] = {}
        self.packages: dict[str, str] = {}
        planner = firm.planner()
        for side in ("own", "far"):
            customer = self.customers[side] = firm.customer(number=f"C-{side}")
            estate, house = new_id(), new_id()
            firm.site(id=estate, path=f"/{estate}", customer_id=customer)
            firm.site(id=house, path=f"/{estate}/{house}", customer_id=customer, parent_id=estate)
            self.sites |= {f"{side}_estate": estate, f"{side}_house": house}
            for node in ("estate", "house"):
                made = planner.make("/workorders/", {"site_id": self.sites[f"{side}_{node}"]})
                self.orders[f"{side}_{node}"] = made["id"]
            package = {"code": f"P-{side}", "name": "Urakka", "customer_id": customer}
            self.packages[side] = planner.make("/work-packages", package)["id"]

    def named(self, answer: Any) -> set[str]:
        names = {order_id: name for name, order_id in self.orders.items()}
        return {names[order["id"]] for order in answer["items"]}


@pytest.fixture
def town(firm: Firm) -> Town:
    return Town(firm)


def test_lists_have_only_orders_in_scope_and_own_ones(firm: Firm, town: Town) -> None:
    planner = firm.person(*PLANNER, sites=[town.sites["own_estate"]])
    assert town.named(planner.get("/workorders/")) == {"own_estate", "own_house"}
    assert town.named(planner.get(f"/workorders/?site_id={town.sites['far_house']}")) == set()
    lower = firm.person(*PLANNER, sites=[town.sites["own_house"]])
    assert town.named(lower.get("/workorders/")) == {"own_house"}
    firm.planner().step(town.orders["far_house"], "assign", {"assigned_to": lower.id})
    assert town.named(lower.get("/workorders/")) == {"own_house", "far_house"}
    assert lower.get(f"/workorders/{town.orders['far_house']}")["site_id"] == town.sites["far_house"]
    assert len(firm.planner().get("/workorders/")["items"]) == 4


def test_a_workers_queue_ends_at_the_scope(firm: Firm, town: Town) -> None:
    worker = firm.person(*WORKER, sites=[town.sites["own_house"]])
    assert town.named(worker.get("/workorders/")) == {"own_house"}
    worker.refused(404, "POST", f"/workorders/{town.orders['far_house']}/start")
    worker.step(town.orders["own_house"], "start")


def test_an_order_elsewhere_is_not_found(firm: Firm, town: Town) -> None:
    planner = firm.person(*PLANNER, "workorders.record", sites=[town.sites["own_house"]])
    for name in ("far_house", "own_estate"):
        path = f"/workorders/{town.orders[name]}"
        for method, address, body in (
            ("GET", path, None),
            ("GET", f"{path}/history", None),
            ("GET", f"{path}/charging", None),
            ("PATCH", path, {"description": "x"}),
            ("POST", f"{path}/assign", {"assigned_to": planner.id}),
            ("POST", f"{path}/cancel", {"reason": "x"}),
            ("POST", f"{path}/start", None),
            ("POST", f"{path}/approve", None),
            ("POST", f"{path}/rows", {"product_id": firm.product(), "quantity": "1"}),
        ):
            problem = planner.refused(404, method, address, body, If_Match='"1"')
            assert problem["code"] == "not_found", address


def test_planning_elsewhere_is_refused_as_if_nothing_were_there(firm: Firm, town: Town) -> None:
    planner = firm.person(*PLANNER, "workorders.record", sites=[town.sites["own_house"]])
    for path in ("/workorders/", "/workorders/field"):
        more = {"id": new_id()} if path.endswith("field") else {}
        for where, code in (
            ({"site_id": town.sites["far_house"]}, "site_unknown"),
            ({"site_id": town.sites["own_estate"]}, "site_unknown"),
            ({"site_id": new_id()}, "site_unknown"),
            ({"customer_id": town.customers["far"]}, "customer_unknown"),
        ):
            assert planner.refused(422, "POST", path, {**more, **where})["code"] == code
    made = planner.make("/workorders/", {"site_id": town.sites["own_house"]})
    tag = {"If_Match": f'"{made["version"]}"'}
    moved = planner.refused(422, "PATCH", f"/workorders/{made['id']}", {"site_id": town.sites["far_house"]}, **tag)
    assert moved["code"] == "site_unknown"


def test_packages_and_reports_end_at_the_scope(firm: Firm, town: Town) -> None:
    planner = firm.person(*PLANNER, sites=[town.sites["own_house"]])
    assert [one["code"] for one in planner.get("/work-packages")["items"]] == ["P-own"]
    planner.refused(404, "GET", f"/work-packages/{town.packages['far']}")
    body = {"code": "P-x", "name": "x", "customer_id": town.customers["far"]}
    assert planner.refused(422, "POST", "/work-packages", body)["code"] == "customer_unknown"
    planner.refused(404, "GET", f"/reports/customers/{town.customers['far']}?{PERIOD}")
    row = {"product_id": firm.product(), "quantity": "1", "work_date": "2026-02-03"}
    recorder = firm.person("workorders.record", "workorders.plan")
    for name in ("own_estate", "own_house"):
        recorder.make("/workorders/field", {"id": new_id(), "site_id": town.sites[name], "rows": [row]})
    report = planner.get(f"/reports/customers/{town.customers['own']}?{PERIOD}")
    assert [order["site"]["id"] for order in report["orders"]] == [town.sites["own_house"]]
    whole = firm.planner().get(f"/reports/customers/{town.customers['own']}?{PERIOD}")
    assert len(whole["orders"]) == 2


def test_what_a_contract_includes_counts_all_its_uses_whoever_records(firm: Firm, town: Town) -> None:
    product = firm.product()
    rule = {"kind": "included", "times": 1}
    firm.rule(rule, conditions={"product_ids": [product]})
    everyone = firm.person("workorders.record", "workorders.plan", "prices.read")
    limited = firm.person("workorders.record", "workorders.plan", "prices.read", sites=[town.sites["own_house"]])
    row = {"product_id": product, "quantity": "1"}
    kinds = []
    for person, site in ((everyone, "own_estate"), (limited, "own_house")):
        made = person.make("/workorders/field", {"id": new_id(), "site_id": town.sites[site], "rows": [row]})
        kinds.append(made["rows"][0]["chargeability"])
    assert kinds == ["included", "charge"]
