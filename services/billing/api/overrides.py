"""Payers with a connection of their own, over HTTP."""

from typing import Any

from services.billing.api.schemas.connections import OverrideIn, OverrideOut
from services.billing.app import overrides as use_cases
from services.billing.models import CustomerConnection
from shared.db.paging import Page
from shared.http import Blueprint, PageQuery, begin, expected_version, page_schema, read, requires, with_etag

blp = Blueprint(
    "customer_connections",
    __name__,
    url_prefix="/customer-connections",
    description="Payers whose documents do not go to the default connection",
    for_whole_tenant=True,
)


@blp.get("")
@requires("connections.manage", "billing.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_schema(OverrideOut))
def list_overrides(query: dict[str, Any]) -> Page[CustomerConnection]:
    """List payers with a connection of their own"""
    return use_cases.list_overrides(read(), limit=query["limit"], after=query["after"])


@blp.put("/<customer_id>")
@requires("connections.manage")
@blp.arguments(OverrideIn)
@blp.response(200, OverrideOut)
def set_override(body: dict[str, Any], customer_id: str) -> CustomerConnection:
    """Let the documents of a payer go to this connection from now on"""
    return with_etag(use_cases.set_override(begin(), customer_id, expected_version(), body["connection_id"]))


@blp.delete("/<customer_id>")
@requires("connections.manage")
@blp.response(204)
def remove_override(customer_id: str) -> None:
    """Let the documents of a payer go to the default connection again"""
    use_cases.remove_override(begin(), customer_id, expected_version())
