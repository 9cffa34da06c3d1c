"""What a row costs: agreements, groups, steps and list prices of the work date."""

from __future__ import annotations

from typing import Any

import pytest

from services.workorders.tests.builders import Firm
from shared.ids import new_id

LISTED = [
    {"id": new_id(), "price": "50.0000", "valid_from": "2026-01-01", "valid_to": "2026-06-30"},
    {"id": new_id(), "price": "60.0000", "valid_from": "2026-07-01", "valid_to": None},
]


class Work:
    """An order in progress at a room of a building, for a customer of the group `kulta`."""

    def __init__(self, firm: Firm) -> None:
        self.firm, self.worker, self.planner = firm, firm.worker(), firm.planner()
        self.customer = firm.customer(price_group="kulta")
        self.building, self.room = new_id(), new_id()
        firm.site(id=self.building, path=f"/{self.building}", customer_id=self.customer)
        firm.site(id=self.room, path=f"/{self.building}/{self.room}", parent_id=self.building)
        self.product = firm.product(list_price="60.0000", list_prices=LISTED)
        self.order = firm.in_progress(self.worker, customer_id=self.customer, site_id=self.room)["id"]
        self.path = f"/workorders/{self.order}"

    def record(self, **row: Any) -> Any:
        """Record a row as the worker; return it as the planner sees it."""
        body = {"product_id": self.product, "quantity": "1", "work_date": "2026-11-02", **row}
        (made,) = self.worker.make(f"{self.path}/rows", body)["items"]
        return self.row(made["id"])

    def row(self, row_id: str) -> Any:
        """Return a row as the planner sees it."""
        return next(row for row in self.planner.get(self.path)["rows"] if row["id"] == row_id)


@pytest.fixture
def work(firm: Firm) -> Work:
    return Work(firm)


def priced(row: Any) -> tuple[str, str]:
    return row["unit_price"], row["price_source"]


@pytest.mark.parametrize(
    ("day", "price"), [("2026-06-30", "50.0000"), ("2026-07-01", "60.0000"), ("2025-12-30", "50.0000")]
)
def test_the_work_date_decides_the_list_price(work: Work, day: str, price: str) -> None:
    assert priced(work.record(work_date=day)) == (price, "list")


def test_a_copy_from_before_has_the_list_price_of_now(work: Work) -> None:
    bare = work.firm.product(code="OLD", list_price="12.5000")
    assert priced(work.record(product_id=bare)) == ("12.5000", "list")


def test_the_strongest_source_wins_and_nearest_of_the_sites(work: Work) -> None:
    """One fact after the other arrives, each stronger than all before; rows that are there keep their prices."""
    firm = work.firm
    seen = [priced(work.record())]
    for scope, price in (
        ({"price_group": "kulta"}, "55"),
        ({"customer_id": work.customer}, "54"),
        ({"site_id": work.building}, "53"),
        ({"site_id": work.room}, "52"),
    ):
        firm.price(work.product, price=price, **scope)
        seen.append(priced(work.record()))
    assert seen == [
        ("60.0000", "list"),
        ("55.0000", "group"),
        ("54.0000", "customer"),
        ("53.0000", "site"),
        ("52.0000", "site"),
    ]
    assert [priced(row) for row in work.planner.get(work.path)["rows"]] == seen


def test_the_price_group_of_the_nearest_site_takes_the_place_of_the_customers(work: Work) -> None:
    firm = work.firm
    for group, price in (("kulta", "55"), ("hopea", "44"), ("pronssi", "33")):
        firm.price(work.product, price=price, price_group=group)
    order = firm.in_progress(work.worker, customer_id=work.customer, site_id=work.room)["id"]
    seen = []
    for site, group in ((work.room, None), (work.building, "hopea"), (work.room, "pronssi")):
        path = f"/{work.building}" + (f"/{site}" if site == work.room else "")
        firm.site(id=site, path=path, customer_id=work.customer, price_group=group, version=len(seen) + 2)
        body = {"product_id": work.product, "quantity": "1", "work_date": "2026-11-02"}
        work.worker.make(f"/workorders/{order}/rows", body)
        seen.append(work.planner.get(f"/workorders/{order}")["rows"][-1]["unit_price"])
    assert seen == ["55.0000", "44.0000", "33.0000"]


def test_facts_of_others_do_not_count(work: Work) -> None:
    for scope in ({"price_group": "hopea"}, {"customer_id": new_id()}, {"site_id": new_id()}):
        work.firm.price(work.product, price="1", **scope)
    work.firm.price(work.firm.product(code="X"), price="2", customer_id=work.customer)
    assert priced(work.record()) == ("60.0000", "list")


def test_another_tenants_agreement_does_not_count(work: Work, other_firm: Firm) -> None:
    other_firm.price(work.product, price="1", customer_id=work.customer)
    assert priced(work.record()) == ("60.0000", "list")


def test_quantity_steps_go_by_the_rows_own_quantity(work: Work) -> None:
    for start, price in (("0.000", "10"), ("100.000", "9")):
        work.firm.price(work.product, price=price, min_quantity=start, customer_id=work.customer)
    assert [work.record(quantity=n)["unit_price"] for n in ("60", "60", "99.999", "100", "-100")] == [
        "10.0000",
        "10.0000",
        "10.0000",
        "9.0000",
        "9.0000",
    ]


def test_a_discount_comes_off_the_weaker_price_and_is_explained(work: Work) -> None:
    fact = work.firm.price(work.product, discount_percent="8.00", customer_id=work.customer)
    row = work.record(quantity="2")
    assert (*priced(row), row["net"]) == ("55.2000", "customer", "110.40")
    told = row["price_explanation"]
    assert told["resolved_price"] == "55.2000"
    assert [(step["source"], step["price_after"]) for step in told["steps"]] == [
        ("list", "60.0000"),
        ("customer", "55.2000"),
    ]
    assert told["steps"][1]["fact_id"] == fact


def test_a_typed_price_wins_and_the_resolved_one_is_still_told(work: Work) -> None:
    row = {"product_id": work.product, "quantity": "1", "unit_price": "70", "price_reason": "sovittu"}
    (made,) = work.planner.make(f"{work.path}/rows", row)["items"]
    assert priced(made) == ("70.0000", "typed")
    assert made["price_explanation"]["resolved_price"] == "60.0000"


def test_a_removed_or_ended_price_holds_no_more(work: Work) -> None:
    scope = {"customer_id": work.customer, "price": "1"}
    removed = work.firm.price(work.product, **scope)
    work.firm.price(work.product, id=removed, version=2, removed=True, **scope)
    work.firm.price(work.product, id=removed, version=1, **scope)
    ended = work.firm.price(work.product, **scope)
    work.firm.price(work.product, id=ended, version=2, valid_to="2026-10-31", **scope)
    assert priced(work.record()) == ("60.0000", "list")


def test_repricing_shows_first_and_then_does_it(work: Work) -> None:
    kept, typed = work.record(), new_id()
    row = {"id": typed, "product_id": work.product, "quantity": "1", "unit_price": "70", "price_reason": "sovittu"}
    work.planner.make(f"{work.path}/rows", row)
    work.firm.price(work.product, price="40", customer_id=work.customer)
    reprice = f"{work.path}/reprice"
    shown = work.planner.call("POST", reprice)
    (change,) = shown["changes"]
    assert shown["dry_run"] is True
    assert (change["row_id"], change["unit_price_before"], change["unit_price_after"]) == (
        kept["id"],
        "60.0000",
        "40.0000",
    )
    assert (shown["net_before"], shown["net_after"]) == ("130.00", "110.00")
    assert work.planner.get(work.path)["net"] == "130.00"
    done = work.planner.call("POST", reprice, {"dry_run": False}, headers={"If-Match": f'"{shown["version"]}"'})
    assert done["changes"] == shown["changes"]
    after = work.planner.get(work.path)
    assert ([priced(one) for one in after["rows"]], after["net"], after["version"]) == (
        [("40.0000", "customer"), ("70.0000", "typed")],
        "110.00",
        done["version"],
    )
    assert work.planner.call("POST", reprice, {"dry_run": False})["changes"] == []
    assert work.planner.get(work.path)["version"] == done["version"]
    work.planner.refused(412, "POST", reprice, {"dry_run": False}, If_Match='"1"')


def test_the_explanation_names_rows_that_another_price_is_for(work: Work) -> None:
    """A quantity that was corrected over a step keeps its price until somebody re-prices the order."""
    for start, price in (("0.000", "10"), ("100.000", "9")):
        work.firm.price(work.product, price=price, min_quantity=start, customer_id=work.customer)
    row, other = work.record(quantity="10"), work.record(quantity="20")
    charging = f"{work.path}/charging"
    assert work.planner.get(charging)["would_reprice"] == []
    version = work.planner.get(work.path)["version"]
    headers = {"If-Match": f'"{version}"'}
    work.worker.call("PATCH", f"{work.path}/rows/{row['id']}", {"quantity": "100"}, headers=headers)
    assert work.planner.get(charging)["would_reprice"] == [row["id"]]
    work.planner.call("POST", f"{work.path}/reprice", {"dry_run": False})
    assert work.planner.get(charging)["would_reprice"] == []
    assert [work.row(one["id"])["unit_price"] for one in (row, other)] == ["9.0000", "10.0000"]
    work.firm.price(work.product, price="1", site_id=work.room)
    work.worker.step(work.order, "done")
    assert work.planner.get(charging)["would_reprice"] == []


def test_repricing_is_the_offices_and_ends_with_approval(work: Work) -> None:
    work.record()
    reprice = f"{work.path}/reprice"
    assert work.worker.refused(403, "POST", reprice)["code"] == "forbidden"
    blind = work.firm.person("workorders.read", "workorders.plan")
    work.firm.price(work.product, price="40", customer_id=work.customer)
    shown = blind.call("POST", reprice)
    assert set(shown) == {"version", "dry_run", "changes"}
    assert set(shown["changes"][0]) == {"row_id", "product_code", "description"}
    work.worker.step(work.order, "done")
    assert work.planner.refused(409, "POST", reprice)["code"] == "workorder.locked"


def test_another_customer_leaves_prices_and_says_so(work: Work) -> None:
    row = work.record()
    other = work.firm.customer()
    work.firm.price(work.product, price="45", customer_id=other)
    version = work.planner.get(work.path)["version"]
    change = {"customer_id": other, "site_id": None}
    answer = work.planner.call("PATCH", work.path, change, headers={"If-Match": f'"{version}"'})
    assert [priced(one) for one in answer["rows"]] == [("60.0000", "list")]
    (warning,) = answer["warnings"]
    assert (warning["code"], warning["row_ids"]) == ("prices.would_change", [row["id"]])
    plain = work.planner.call("PATCH", work.path, {"description": "x"}, headers={"If-Match": f'"{answer["version"]}"'})
    assert "warnings" not in plain
