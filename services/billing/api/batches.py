"""Batches over HTTP."""

from typing import Any

from services.billing.api.schemas.batches import BatchIn, BatchOut, BatchQuery, LockIn, PreviewOut
from services.billing.api.schemas.common import LanguageQuery
from services.billing.api.telling import told_problem, wanted_language
from services.billing.app import batches as use_cases
from services.billing.app.preflight import LockWish
from services.billing.models import Batch
from shared.clock import utc_now
from shared.db.paging import Page
from shared.http import (
    Blueprint,
    app_runtime,
    begin,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint(
    "batches",
    __name__,
    url_prefix="/batches",
    description="Selections of the pool that are billed",
    for_whole_tenant=True,
)


@blp.get("")
@requires("billing.read")
@blp.arguments(BatchQuery, location="query")
@blp.response(200, page_schema(BatchOut))
def list_batches(query: dict[str, Any]) -> Page[Batch]:
    """List batches, newest first"""
    return use_cases.list_batches(
        read(), kind=query.get("kind"), state=query.get("state"), limit=query["limit"], after=query["after"]
    )


@blp.post("")
@requires("billing.write")
@blp.arguments(BatchIn)
@blp.response(201, BatchOut)
def create_batch(body: dict[str, Any]) -> Batch:
    """Make a batch in preview: a selection, nothing is reserved yet"""
    selection = use_cases.Selection(body["period_from"], body["period_to"], body["customer_ids"])
    creation = creation_request("batch", body)
    return with_etag(use_cases.create_batch(begin(), creation, selection, body["connection_id"]))


@blp.get("/<batch_id>")
@requires("billing.read")
@blp.response(200, BatchOut)
def show_batch(batch_id: str) -> Batch:
    """Show a batch"""
    return with_etag(use_cases.get_batch(read(), batch_id))


@blp.get("/<batch_id>/preview")
@requires("billing.read")
@blp.arguments(LanguageQuery, location="query")
@blp.response(200, PreviewOut)
def preview_batch(query: dict[str, Any], batch_id: str) -> dict[str, Any]:
    """Show the documents that locking would make, with everything that a target would refuse or change"""
    language = wanted_language(query)
    previews = use_cases.preview_batch(read(), batch_id, now=utc_now(), vault=app_runtime().own)
    return {
        "items": [
            {"document": each.document, "problems": [told_problem(problem, language) for problem in each.problems]}
            for each in previews
        ]
    }


@blp.post("/<batch_id>/lock")
@requires("billing.write")
@blp.arguments(LockIn, required=False)
@blp.response(200, BatchOut)
def lock_batch(body: dict[str, Any], batch_id: str) -> Batch:
    """Reserve the rows and make the documents; refused while there are problems that are not accepted"""
    wish = LockWish(body["accept_warnings"], body["leave_out"], wanted_language())
    vault, version = app_runtime().own, expected_version()
    return with_etag(use_cases.lock_batch(begin(), batch_id, version, now=utc_now(), vault=vault, wish=wish))


@blp.post("/<batch_id>/unlock")
@requires("billing.write")
@blp.response(200, BatchOut)
def unlock_batch(batch_id: str) -> Batch:
    """Give the rows back; only while nothing is in the target or may be"""
    return with_etag(use_cases.unlock_batch(begin(), batch_id, expected_version(), now=utc_now()))


@blp.post("/<batch_id>/dispatch")
@requires("billing.write")
@blp.response(200, BatchOut)
def dispatch_batch(batch_id: str) -> Batch:
    """Send the documents"""
    return with_etag(use_cases.dispatch_batch(begin(), batch_id, expected_version(), now=utc_now()))
