"""Merging customers over HTTP."""

from __future__ import annotations

from typing import Any

from services.customers.api.merge_schemas import MergeIn, MergeOut, MergePreviewIn, MergePreviewOut
from services.customers.app import merges as use_cases
from shared.clock import utc_now
from shared.http import Blueprint, begin, expected_version, read, requires

blp = Blueprint(
    "merges", __name__, url_prefix="/customers", description="Two customers that are one", for_whole_tenant=True
)


@blp.post("/<customer_id>/merge/preview")
@requires("customers.write")
@blp.arguments(MergePreviewIn)
@blp.response(200, MergePreviewOut)
def preview_merge(body: dict[str, Any], customer_id: str) -> use_cases.MergePreview:
    """Show what merging this customer into another would move, and where the two differ"""
    with read() as uow:
        return use_cases.preview_merge(uow, customer_id, body["into"])


@blp.post("/<customer_id>/merge")
@requires("customers.write")
@blp.arguments(MergeIn)
@blp.response(200, MergeOut)
def merge_customers(body: dict[str, Any], customer_id: str) -> use_cases.Merged:
    """Merge this customer into another; send If-Match

    Contact persons, sites and payers move; this customer is archived and its number leads to the survivor.
    """
    order = use_cases.MergeOrder(
        merged_id=customer_id,
        into_id=body["into"],
        merged_version=expected_version(required=True),
        into_version=body["into_version"],
        fields=body["fields_"],
    )
    return use_cases.merge_customers(begin(), order, now=utc_now())


@blp.post("/<customer_id>/merge/undo")
@requires("customers.write")
@blp.response(200, MergeOut)
def undo_merge(customer_id: str) -> use_cases.Merged:
    """Take the merge of this customer back, while nothing was billed and nothing that it moved has changed"""
    return use_cases.undo_merge(begin(), customer_id, expected_version=expected_version(), now=utc_now())
