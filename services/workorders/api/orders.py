"""Work orders: making, reading, changing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.workorders.api.answers import patiently, shown
from services.workorders.api.commands import given, order_wish
from services.workorders.api.order_schemas import (
    FieldOrderIn,
    HistoryEntryOut,
    IntakeIn,
    ListQuery,
    OrderOut,
    OrderPatch,
    OrderSummaryOut,
    PlanOrderIn,
)
from services.workorders.api.views import summary_view
from services.workorders.app.create_field_order import create_field_order
from services.workorders.app.plan_order import plan_order
from services.workorders.app.queries import OrderFilter, get_order, list_orders, order_history
from services.workorders.app.take_in_order import intake_key, take_in_order
from services.workorders.app.update_order import update_order
from shared.clock import utc_now
from shared.http import (
    Blueprint,
    PageQuery,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
)
from shared.ids import new_id

READERS = ("workorders.read", "workorders.read_own", "workorders.record", "workorders.integrate")

blp = Blueprint("workorders", __name__, url_prefix="/workorders", description="Work orders from plan to approval")


@blp.get("")
@requires(*READERS)
@blp.arguments(ListQuery, location="query")
@blp.response(200, page_schema(OrderSummaryOut))
def list_(query: dict[str, Any]) -> dict[str, Any]:
    """List work orders, newest first

    With `workorders.read` all of them; workers see their own and the queue.
    """
    limit, after = query.pop("limit"), query.pop("after")
    states = tuple(state.value for state in query.pop("state"))
    wanted = OrderFilter(states=states, assigned_to=query.pop("assigned_to", None), equal=query)
    found, following = list_orders(read(), wanted, limit=limit, after=after)
    now = utc_now()
    return {"items": [summary_view(loaded, now=now) for loaded in found], "next": following}


@blp.post("")
@requires("workorders.plan")
@blp.arguments(PlanOrderIn, rules_too=True)
@blp.response(201, OrderOut)
def plan(body: dict[str, Any]) -> dict[str, Any]:
    """Plan a work order

    Repeatable with an own `id` or an `Idempotency-Key`. A customer, site or product made a moment ago is waited for.
    422 names everything that is wrong with the order and its rows; `customer_unknown`, `site_unknown` or
    `product_unknown` go before other codes. 400 names malformed fields, and beside them what is wrong with the rest
    by the same rules.
    """
    creation, wish, now = creation_request("workorder", body), order_wish(body), utc_now()
    return shown(patiently(lambda: plan_order(begin(), wish, creation, now=now)))


@blp.post("/intake")
@requires("workorders.integrate")
@blp.arguments(IntakeIn, rules_too=True)
@blp.response(201, OrderOut)
@blp.alt_response(200, schema=OrderOut, description="Taken in before, with the same content")
def take_in(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Take in a work order of another system

    The same source and reference give the same order (200); with another content 409 `workorder.intake_differs`.
    """
    now, wish = utc_now(), order_wish(body)
    request = creation_request("workorder.intake", body)
    creation = replace(request, key=intake_key(body["source"], body["reference"]), id=new_id())
    loaded, is_new = patiently(lambda: take_in_order(begin(), wish, creation, now=now))
    return shown(loaded), 201 if is_new else 200


@blp.post("/field")
@requires("workorders.record")
@blp.arguments(FieldOrderIn, rules_too=True)
@blp.response(201, OrderOut)
def create_in_field(body: dict[str, Any]) -> dict[str, Any]:
    """Make a work order on the spot

    It is the caller's and in progress at once. Ids are the client's: sent again it gives the same answer, with
    another content 409.
    """
    creation, wish, now = creation_request("workorder", body), order_wish(body), utc_now()
    return shown(patiently(lambda: create_field_order(begin(), wish, creation, now=now)))


@blp.get("/<order_id>")
@requires(*READERS)
@blp.response(200, OrderOut)
def get(order_id: str) -> dict[str, Any]:
    """Return a work order with its rows"""
    return shown(get_order(read(), order_id))


@blp.patch("/<order_id>")
@requires("workorders.plan", "workorders.review")
@blp.arguments(OrderPatch, rules_too=True)
@blp.response(200, OrderOut)
def change(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Change a work order before approval

    Needs `If-Match`. A `customer_id` takes the place of a provisional customer.
    """
    expected = expected_version(required=True)
    if "references" in body:
        body["references"] = given(body["references"])
    now = utc_now()
    return shown(patiently(lambda: update_order(begin(), order_id, body, expected=expected, now=now)))


@blp.get("/<order_id>/history")
@requires(*READERS)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(HistoryEntryOut))
def history(query: dict[str, Any], order_id: str) -> dict[str, Any]:
    """List the steps of a work order, oldest first"""
    entries, following = order_history(read(), order_id, limit=query["limit"], after=query["after"])
    return {"items": entries, "next": following}
