"""The billable pool over HTTP."""

from typing import Any

from services.billing.api.schemas.pool import BillableRowOut, CloseRowIn, PoolQuery
from services.billing.app import batches as use_cases
from services.billing.models import LedgerRow
from shared.db.paging import Page
from shared.http import Blueprint, begin, page_schema, read, requires

blp = Blueprint(
    "billable_rows", __name__, url_prefix="/billable-rows", description="What can be billed", for_whole_tenant=True
)


@blp.get("")
@requires("billing.read")
@blp.arguments(PoolQuery, location="query")
@blp.response(200, page_schema(BillableRowOut))
def list_rows(query: dict[str, Any]) -> Page[LedgerRow]:
    """List the billable pool, oldest first"""
    customer_id = query.get("customer_id")
    selection = use_cases.Selection(
        query.get("period_from"), query.get("period_to"), [customer_id] if customer_id else None
    )
    return use_cases.list_pool(read(), selection, limit=query["limit"], after=query["after"])


@blp.post("/<row_id>/close")
@requires("billing.write")
@blp.arguments(CloseRowIn)
@blp.response(200, BillableRowOut)
def close_row(body: dict[str, Any], row_id: str) -> LedgerRow:
    """Close what is open of a row: it is never billed"""
    return use_cases.close_row(begin(), row_id, body["reason"])
