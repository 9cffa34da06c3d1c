"""Rows of a work order."""

from __future__ import annotations

from typing import Any

from services.workorders.api.answers import patiently, shown
from services.workorders.api.commands import row_wish
from services.workorders.api.order_schemas import OrderOut
from services.workorders.api.row_schemas import RowPatch, RowsIn, RowsOut
from services.workorders.api.views import row_view
from services.workorders.app.record_rows import change_row, record_rows, remove_row
from services.workorders.app.visibility import sight_of
from shared.clock import utc_now
from shared.http import Blueprint, begin, caller, creation_request, expected_version, requires, with_etag

RECORDERS = ("workorders.record", "workorders.plan", "workorders.review")

blp = Blueprint("rows", __name__, url_prefix="/workorders", description="Rows of a work order")


@blp.post("/<order_id>/rows")
@requires(*RECORDERS)
@blp.arguments(RowsIn, rules_too=True)
@blp.response(201, RowsOut)
def record(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Record rows, all or none

    Repeatable with own ids or an `Idempotency-Key`: rows that are there already are answered as they are. The ETag
    is the order's. 422 names everything that is wrong with any of the rows; `product_unknown` goes before other codes.
    400 names malformed fields, and beside them what is wrong with the rest by the same rules.
    """
    key = creation_request("workrow", {"rows": body["rows"]}).key
    wishes = [row_wish(row) for row in body["rows"]]
    expected, now = expected_version(), utc_now()
    loaded, rows = patiently(lambda: record_rows(begin(), order_id, wishes, key=key, expected=expected, now=now))
    with_etag(loaded.order)
    sight = sight_of(caller())
    return {"items": [row_view(row, sight) for row in rows]}


@blp.patch("/<order_id>/rows/<row_id>")
@requires(*RECORDERS)
@blp.arguments(RowPatch, rules_too=True)
@blp.response(200, OrderOut)
def change(body: dict[str, Any], order_id: str, row_id: str) -> dict[str, Any]:
    """Change a row before approval

    Needs `If-Match` with the order's version.
    """
    expected = expected_version(required=True)
    return shown(change_row(begin(), order_id, row_id, body, expected=expected, now=utc_now()))


@blp.delete("/<order_id>/rows/<row_id>")
@requires(*RECORDERS)
@blp.response(200, OrderOut)
def remove(order_id: str, row_id: str) -> dict[str, Any]:
    """Remove a row before approval"""
    return shown(remove_row(begin(), order_id, row_id, expected=expected_version(), now=utc_now()))
