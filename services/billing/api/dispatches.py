"""The dispatch desk over HTTP."""

from typing import Any

from services.billing.api.schemas import DispatchDetailOut, DispatchOut, DispatchQuery, ResolveIn, SkipIn
from services.billing.app import desk
from services.billing.domain.dispatch import TakenAsNotSent, TakenAsSent
from services.billing.models import Dispatch
from shared.clock import utc_now
from shared.db.paging import Page
from shared.errors import FieldError, RuleBroken
from shared.http import Blueprint, begin, expected_version, page_schema, read, requires, with_etag

blp = Blueprint("dispatches", __name__, url_prefix="/dispatches", description="Documents on their way to targets")


@blp.get("")
@requires("billing.read")
@blp.arguments(DispatchQuery, location="query")
@blp.response(200, page_schema(DispatchOut))
def list_dispatches(query: dict[str, Any]) -> Page[Dispatch]:
    """List dispatches, newest first"""
    wanted = desk.DispatchFilter(query.get("state"), query.get("connection_id"), query.get("attention"))
    return desk.list_dispatches(read(), wanted, limit=query["limit"], after=query["after"])


@blp.get("/<dispatch_id>")
@requires("billing.read")
@blp.response(200, DispatchDetailOut)
def show_dispatch(dispatch_id: str) -> dict[str, Any]:
    """Show a dispatch with its document and history"""
    return _shown(desk.get_dispatch(read(), dispatch_id))


@blp.post("/<dispatch_id>/retry")
@requires("billing.write")
@blp.response(200, DispatchDetailOut)
def retry_dispatch(dispatch_id: str) -> dict[str, Any]:
    """Do the next step now; a rejected document takes the payer's present data"""
    return _shown(desk.retry_dispatch(begin(), dispatch_id, expected_version(), now=utc_now()))


@blp.post("/<dispatch_id>/skip")
@requires("billing.write")
@blp.arguments(SkipIn)
@blp.response(200, DispatchDetailOut)
def skip_dispatch(body: dict[str, Any], dispatch_id: str) -> dict[str, Any]:
    """Do not send the document"""
    view = desk.skip_dispatch(
        begin(), dispatch_id, expected_version(), body["reason"], close_rows=body["close_rows"], now=utc_now()
    )
    return _shown(view)


@blp.post("/<dispatch_id>/resolve")
@requires("billing.write")
@blp.arguments(ResolveIn)
@blp.response(200, DispatchDetailOut)
def resolve_dispatch(body: dict[str, Any], dispatch_id: str) -> dict[str, Any]:
    """Settle an unclear dispatch by what was seen in the accounting system"""
    decision = _decision(body)
    return _shown(desk.resolve_dispatch(begin(), dispatch_id, expected_version(), decision, now=utc_now()))


def _decision(body: dict[str, Any]) -> TakenAsSent | TakenAsNotSent:
    if not body["found"]:
        return TakenAsNotSent()
    if not body["target_id"]:
        raise RuleBroken(errors=[FieldError("/target_id", "required", "Give the id that the accounting system shows.")])
    return TakenAsSent(body["target_id"], body["target_number"] or None)


def _shown(view: desk.DispatchView) -> dict[str, Any]:
    with_etag(view.dispatch)
    fields = {name: getattr(view.dispatch, name) for name in DispatchOut().fields}
    return {**fields, "document": view.document, "history": view.attempts}
