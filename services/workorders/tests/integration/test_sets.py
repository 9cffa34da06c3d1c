"""Sets: recorded as one row, charged through the rows of their components, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.workorders.tests.builders import SERVICE, Firm, Person
from shared.ids import new_id


class Kit:
    """A set of 99,99 with three components, and an order in progress."""

    def __init__(self, firm: Firm) -> None:
        self.firm, self.worker, self.planner = firm, firm.worker(), firm.planner()
        self.parts = [firm.product(code=f"OSA-{n}", unit="kpl", kind="material", list_price="10") for n in range(3)]
        self.components = [
            {"product_id": part, "quantity": quantity, "share_weight": None}
            for part, quantity in zip(self.parts, ("1", "2", "3"), strict=True)
        ]
        self.product = self.make_set()
        self.customer = firm.customer()
        self.order = firm.in_progress(self.worker, customer_id=self.customer)["id"]
        self.path = f"/workorders/{self.order}"

    def make_set(self, *, version: int = 1, **changes: Any) -> str:
        """Let the set arrive; return its id."""
        named = {"code": "SETTI", "kind": "fixed_price", "unit": "kpl", "list_price": "99.9900"}
        return self.firm.product(version=version, **{**named, "components": self.components, **changes})

    def record(self, quantity: str = "1", person: Person | None = None, **row: Any) -> Any:
        """Record the set; return its row as it is answered."""
        body = {"product_id": self.product, "quantity": quantity, **row}
        (made,) = (person or self.worker).make(f"{self.path}/rows", body)["items"]
        return made

    def change(self, row_id: str, changes: Any) -> Any:
        """Change a row as the planner."""
        version = self.planner.get(self.path)["version"]
        headers = {"If-Match": f'"{version}"'}
        return self.planner.call("PATCH", f"{self.path}/rows/{row_id}", changes, headers=headers)

    @property
    def rows(self) -> list[Any]:
        """All rows as the planner sees them."""
        return list(self.planner.get(self.path)["rows"])

    @property
    def of_set(self) -> list[Any]:
        return [row for row in self.rows if row["set_row_id"] and not row["closed_reason"]]


@pytest.fixture
def kit(firm: Firm) -> Kit:
    return Kit(firm)


def complaints(kit: Kit) -> list[str]:
    return [line for line in SERVICE.check(kit.firm.service.runtime) if kit.order in line]


def nets(rows: list[Any]) -> list[str]:
    return [row["net"] for row in rows]


def test_a_set_becomes_rows_that_add_up_to_its_price(kit: Kit) -> None:
    made = kit.record(id=new_id())
    rows = kit.of_set
    assert [(row["product_code"], row["quantity"], row["net"]) for row in rows] == [
        ("OSA-0", "1.000", "16.67"),
        ("OSA-1", "2.000", "33.33"),
        ("OSA-2", "3.000", "49.99"),
    ]
    assert {(row["set_row_id"], row["set_code"], row["price_source"]) for row in rows} == {(made["id"], "SETTI", "set")}
    order = kit.planner.get(kit.path)
    assert order["net"] == "99.99"
    assert order["totals"] == [{"unit": "kpl", "worked": "1.000", "charged": "6.000"}]
    (seen,) = kit.worker.get(kit.path)["rows"]
    assert (seen["id"], seen["is_set"], seen["quantity"]) == (made["id"], True, "1.000")


def test_the_same_row_sent_again_changes_nothing(kit: Kit) -> None:
    row = {"id": new_id(), "product_id": kit.product, "quantity": "2"}
    first = kit.worker.make(f"{kit.path}/rows", row)
    before = kit.rows
    assert kit.worker.make(f"{kit.path}/rows", row) == first
    assert kit.rows == before
    assert len(before) == 4


def test_billing_gets_the_components_only(kit: Kit) -> None:
    kit.record("2")
    done = kit.worker.step(kit.order, "done")
    assert done["state"] == "approved"
    told = kit.firm.service.events("workorder.approved.v1")[-1].data["rows"]
    assert [row["product_code"] for row in told] == ["OSA-0", "OSA-1", "OSA-2"]
    ids = [row["id"] for row in kit.of_set]
    assert complaints(kit) == []
    kit.firm.accept({kit.order: ids})
    assert kit.planner.get(kit.path)["state"] == "billed"
    assert complaints(kit) == []


def test_changing_and_removing_the_set_takes_its_parts_along(kit: Kit) -> None:
    made = kit.record()
    ids = [row["id"] for row in kit.of_set]
    kit.change(made["id"], {"quantity": "3", "unit_price": "50", "price_reason": "sovittu", "discount_percent": "10"})
    assert [row["id"] for row in kit.of_set] == ids
    assert sum(Decimal(net) for net in nets(kit.of_set)) == Decimal("135.00")
    assert {row["discount_percent"] for row in kit.of_set} == {"10.00"}
    kit.change(made["id"], {"chargeability": "warranty", "chargeability_reason": "Takuu"})
    assert {(row["chargeability"], row["chargeability_reason"]) for row in kit.of_set} == {("warranty", "Takuu")}
    assert kit.planner.get(kit.path)["net"] == "0.00"
    kit.worker.call("DELETE", f"{kit.path}/rows/{made['id']}")
    assert kit.rows == []


def test_a_part_of_a_set_is_not_changed_by_itself(kit: Kit) -> None:
    kit.record()
    part = kit.of_set[0]["id"]
    assert kit.change(part, {"quantity": "9"})["code"] == "workorder.row_of_set"
    assert kit.planner.refused(409, "DELETE", f"{kit.path}/rows/{part}")["code"] == "workorder.row_of_set"


def test_a_recorded_set_keeps_its_composition(kit: Kit) -> None:
    kit.record()
    kit.make_set(id=kit.product, version=2, components=kit.components[:1])
    kit.record(product_id=kit.parts[0])
    assert len(kit.of_set) == 3
    kit.planner.call("POST", f"{kit.path}/reprice", {"dry_run": False})
    assert nets(kit.of_set) == ["99.99"]


def test_shares_follow_weights(kit: Kit) -> None:
    weighted = [{**one, "share_weight": weight} for one, weight in zip(kit.components, ("50", "50", "0"), strict=True)]
    kit.make_set(id=kit.product, version=2, components=weighted)
    kit.record()
    assert nets(kit.of_set) == ["50.00", "49.99", "0.00"]


def test_a_set_without_a_price_is_priced_by_its_parts(kit: Kit) -> None:
    kit.make_set(id=kit.product, version=2, list_price=None)
    kit.firm.price(kit.parts[0], price="7", customer_id=kit.customer)
    kit.record("2")
    assert nets(kit.of_set) == ["14.00", "40.00", "60.00"]
    assert kit.planner.get(kit.path)["net"] == "114.00"


def test_a_returned_set_takes_back_what_it_cost(kit: Kit) -> None:
    kit.record("7")
    cost = nets(kit.of_set)
    kit.record("-7", person=kit.planner)
    assert nets(kit.of_set)[3:] == [f"-{net}" for net in cost]


def test_a_large_quantity_still_adds_up(kit: Kit) -> None:
    many = [{**kit.components[0], "quantity": "777"}, {**kit.components[1], "quantity": "1001.5"}]
    kit.make_set(id=kit.product, version=2, components=many)
    kit.record("3")
    assert sum(Decimal(net) for net in nets(kit.of_set)) == Decimal("299.97")
    assert sum(Decimal(row["quantity"]) for row in kit.of_set) == Decimal("5335.5")


@pytest.mark.parametrize(("price", "part", "quantity"), [("9000000", "0.001", "110"), ("0", "100000", "9999999")])
def test_an_absurd_set_is_refused(kit: Kit, price: str, part: str, quantity: str) -> None:
    kit.make_set(id=kit.product, version=2, list_price=price, components=[{**kit.components[0], "quantity": part}])
    row = {"product_id": kit.product, "quantity": quantity}
    problem = kit.planner.refused(422, "POST", f"{kit.path}/rows", row)
    assert problem["errors"][0]["code"] == "amount.too_large"
    assert kit.rows == []


def test_a_contract_includes_a_set_as_a_whole(kit: Kit) -> None:
    kit.firm.rule({"kind": "included"}, name="Sopimus", conditions={"product_ids": [kit.product]})
    kit.record()
    assert {row["chargeability"] for row in kit.rows} == {"included"}
    assert kit.planner.get(kit.path)["net"] == "0.00"


def test_a_surcharge_counts_the_set_once(kit: Kit) -> None:
    small = kit.firm.product(code="PIENT", kind="fee", unit="kpl", list_price=None)
    surcharge = {"kind": "surcharge", "product_id": small, "percent": "2"}
    kit.firm.rule(surcharge, conditions={"product_kinds": ["material", "fixed_price"]})
    kit.record()
    (fee,) = [row for row in kit.rows if row["derived_by"]]
    assert fee["net"] == "2.00"


def test_a_planned_set_is_compared_as_a_set(kit: Kit) -> None:
    order = kit.planner.make(
        "/workorders/", {"customer_id": kit.customer, "rows": [{"product_id": kit.product, "quantity": "2"}]}
    )
    assert len(order["planned_rows"]) == 1
    kit.worker.step(order["id"], "start")
    kit.worker.make(f"/workorders/{order['id']}/rows", {"product_id": kit.product, "quantity": "3"})
    (difference,) = kit.planner.get(f"/workorders/{order['id']}")["plan_comparison"]
    assert (difference["planned"], difference["recorded"]) == ("2.000", "3.000")


def test_a_set_with_an_unknown_component_is_refused(kit: Kit) -> None:
    kit.make_set(id=kit.product, version=2, components=[{**kit.components[0], "product_id": new_id()}])
    problem = kit.worker.refused(422, "POST", f"{kit.path}/rows", {"product_id": kit.product, "quantity": "1"})
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("product_unknown", "/rows/0/product_id")
