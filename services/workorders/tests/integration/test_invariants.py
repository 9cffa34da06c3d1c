"""The check finds what must never be."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from services.workorders.models import WorkOrder, WorkRow
from services.workorders.tests.builders import SERVICE, Firm

SPOILERS = [
    (WorkOrder, {"state": "billed"}, "is billed, but"),
    (WorkRow, {"document_id": "d"}, "but is not billed"),
    (WorkRow, {"unit_price": None}, "without a price"),
    (WorkOrder, {"customer_id": None}, "without a customer"),
]


@pytest.mark.parametrize(("model", "values", "complaint"), SPOILERS)
def test_spoiled_orders_are_named(firm: Firm, model: Any, values: dict[str, Any], complaint: str) -> None:
    order = firm.planner().step(firm.in_review(firm.worker())["id"], "approve")
    assert _complaints(firm, order["id"]) == []
    with firm.service.begin() as uow:
        mine = model.id == order["id"] if model is WorkOrder else model.order_id == order["id"]
        uow.session.execute(update(model).where(mine).values(**values))
        uow.commit()
    (line,) = _complaints(firm, order["id"])
    assert complaint in line


def _complaints(firm: Firm, order_id: str) -> list[str]:
    return [line for line in SERVICE.check(firm.service.runtime) if order_id in line]
