"""Documents over HTTP."""

from typing import Any

from services.billing.api.schemas import DocumentDetailOut, DocumentOut, DocumentQuery
from services.billing.app import desk
from services.billing.models import BillingDocument
from shared.db.paging import Page
from shared.http import Blueprint, page_schema, read, requires, with_etag

blp = Blueprint("documents", __name__, url_prefix="/documents", description="Future invoices and credits")


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
        limit=query["limit"],
        after=query["after"],
    )


@blp.get("/<document_id>")
@requires("billing.read")
@blp.response(200, DocumentDetailOut)
def show_document(document_id: str) -> dict[str, Any]:
    """Show a document with its lines and dispatches"""
    view = desk.get_document(read(), document_id)
    with_etag(view.document)
    fields = {name: getattr(view.document, name) for name in DocumentOut().fields}
    return {**fields, "lines": view.lines, "dispatches": view.dispatches}
