"""Orders whose customer is merged into another, and back."""

from __future__ import annotations

from services.workorders.tests.builders import Firm
from shared.ids import new_id


def test_an_order_that_waits_for_review_is_approved_for_the_survivor(firm: Firm) -> None:
    planner, merged, survivor = firm.planner(), firm.customer(), firm.customer()
    waiting = firm.in_review(firm.worker(), customer_id=merged)
    firm.customer(id=merged, version=2, archived=True, merged_into=survivor)
    shown = planner.get(f"/workorders/{waiting['id']}")
    assert (shown["customer_id"], shown["version"]) == (survivor, waiting["version"] + 1)
    assert planner.step(waiting["id"], "approve")["state"] == "approved"
    (event,) = firm.service.events("workorder.approved.v1")
    assert event.data["customer_id"] == survivor


def test_an_approved_order_keeps_the_customer_that_it_was_approved_for(firm: Firm) -> None:
    planner, merged, survivor = firm.planner(), firm.customer(), firm.customer()
    order = firm.in_review(firm.worker(), customer_id=merged)
    approved = planner.step(order["id"], "approve")
    firm.customer(id=merged, version=2, archived=True, merged_into=survivor)
    shown = planner.get(f"/workorders/{order['id']}")
    assert (shown["customer_id"], shown["version"]) == (merged, approved["version"])


def test_orders_come_back_when_the_merge_is_undone_unless_somebody_chose_another_customer(firm: Firm) -> None:
    planner, merged, survivor, third = firm.planner(), firm.customer(), firm.customer(), firm.customer()
    moved, chosen = (planner.make("/workorders/", {"customer_id": merged}) for _ in range(2))
    own = planner.make("/workorders/", {"customer_id": survivor})
    firm.customer(id=merged, version=2, archived=True, merged_into=survivor)
    planner.call("PATCH", f"/workorders/{chosen['id']}", {"customer_id": third}, headers={"If-Match": '"2"'})
    firm.customer(id=merged, version=3, merged_into=None)
    assert planner.get(f"/workorders/{moved['id']}")["customer_id"] == merged
    assert planner.get(f"/workorders/{chosen['id']}")["customer_id"] == third
    assert planner.get(f"/workorders/{own['id']}")["customer_id"] == survivor


def test_a_late_word_of_a_merge_that_was_undone_moves_nothing(firm: Firm) -> None:
    planner, merged = firm.planner(), firm.customer()
    order = planner.make("/workorders/", {"customer_id": merged})
    firm.customer(id=merged, version=3)
    firm.customer(id=merged, version=2, archived=True, merged_into=new_id())
    shown = planner.get(f"/workorders/{order['id']}")
    assert (shown["customer_id"], shown["version"]) == (merged, order["version"])
