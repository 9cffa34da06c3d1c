"""Documents over HTTP."""

from typing import Any

from services.billing.api.schemas.document_details import DocumentDetailOut, DryRunIn, DryRunOut, ReverseIn
from services.billing.api.schemas.documents import DocumentOut, DocumentQuery, LineOut
from services.billing.api.telling import told_all, told_problem, wanted_language
from services.billing.app import desk, rehearsal, reversals
from services.billing.app.loading import holdings_from
from services.billing.domain.reversal import RowsThen, Take
from services.billing.models import BillingDocument
from shared.clock import utc_now
from shared.db.paging import Page
from shared.http import (
    Blueprint,
    app_runtime,
    begin,
    caller,
    creation_request,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint(
    "documents", __name__, url_prefix="/documents", description="Future invoices and credits", for_whole_tenant=True
)


@blp.get("")
@requires("billing.read")
@blp.arguments(DocumentQuery, location="query")
@blp.response(200, page_schema(DocumentOut))
def list_documents(query: dict[str, Any]) -> Page[BillingDocument]:
    """List documents, newest first"""
    return desk.list_documents(
        read(),
        state=query.get("state"),
        customer_id=query.get("customer_id"),
        batch_id=query.get("batch_id"),
        payment_state=query.get("payment_state"),
        limit=query["limit"],
        after=query["after"],
    )


@blp.get("/<document_id>")
@requires("billing.read")
@blp.response(200, DocumentDetailOut)
def show_document(document_id: str) -> dict[str, Any]:
    """Show a document with its lines, dispatches and credits"""
    return _shown(desk.get_document(read(), document_id))


@blp.post("/<document_id>/reverse")
@requires("billing.write")
@blp.arguments(ReverseIn)
@blp.response(201, DocumentDetailOut)
def reverse_document(body: dict[str, Any], document_id: str) -> dict[str, Any]:
    """Credit an accepted document, whole or by rows; answers with the credit, which is sent by itself"""
    takes = None if body["rows"] is None else [Take(each["row_id"], each["quantity"]) for each in body["rows"]]
    wish = reversals.ReversalWish(body["reason"], takes, RowsThen(body["rows_then"]), body["document_date"])
    creation = creation_request("reversal", {**body, "document_id": document_id})
    return _shown(reversals.reverse_document(begin(), creation, document_id, expected_version(), wish, now=utc_now()))


@blp.post("/<document_id>/dry-run")
@requires("billing.read")
@blp.arguments(DryRunIn, required=False)
@blp.response(200, DryRunOut)
def dry_run(body: dict[str, Any], document_id: str) -> dict[str, Any]:
    """Show exactly what would be sent, without sending, storing or asking anything"""
    runtime = app_runtime()
    found = rehearsal.rehearse(
        runtime.database, caller(), runtime.own, document_id, body["connection_id"], now=utc_now()
    )
    language = wanted_language()
    return {
        **{name: getattr(found, name) for name in ("connection_id", "target", "payload", "sha256", "unlinked")},
        "problems": [told_problem(problem, language) for problem in found.problems],
    }


def _shown(view: desk.DocumentView) -> dict[str, Any]:
    with_etag(view.document)
    fields = {name: getattr(view.document, name) for name in DocumentOut().fields}
    return {
        **fields,
        "lines": [_line(line, view) for line in view.lines],
        "dispatches": told_all(view.dispatches, wanted_language()),
        "reverses": view.document.reverses,
        "credit_note": view.document.credit_note,
        "reversed_by": view.credits,
        "payments": view.payments,
    }


def _line(line: Any, view: desk.DocumentView) -> dict[str, Any]:
    return {
        **{name: getattr(line, name) for name in LineOut().fields},
        "rows": [
            {
                "row_id": each.row_id,
                "billable_row_id": each.ledger_id,
                "quantity": each.quantity,
                "creditable": view.left[each.ledger_id],
            }
            for each in holdings_from(line.holdings)
        ],
    }
