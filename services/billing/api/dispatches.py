"""The dispatch desk over HTTP."""

from dataclasses import asdict
from typing import Any

from services.billing.api.schemas.common import LanguageQuery
from services.billing.api.schemas.dispatches import (
    AttemptOut,
    DispatchDetailOut,
    DispatchOut,
    DispatchQuery,
    RedirectIn,
    ResolveIn,
    RetriedOut,
    RetryManyIn,
    SkipIn,
    SummaryOut,
)
from services.billing.api.telling import told, told_all, wanted_language
from services.billing.app import bulk, desk, redirecting, replaying, summary
from services.billing.domain import reasons
from services.billing.domain.dispatch import TakenAsNotSent, TakenAsSent
from shared.clock import utc_now
from shared.errors import FieldError, RuleBroken
from shared.http import (
    Blueprint,
    app_runtime,
    begin,
    caller,
    expected_version,
    page_schema,
    read,
    requires,
    with_etag,
)

blp = Blueprint(
    "dispatches",
    __name__,
    url_prefix="/dispatches",
    description="Documents on their way to targets",
    for_whole_tenant=True,
)


@blp.get("")
@requires("billing.read")
@blp.arguments(DispatchQuery, location="query")
@blp.response(200, page_schema(DispatchOut))
def list_dispatches(query: dict[str, Any]) -> dict[str, Any]:
    """List dispatches, newest first"""
    names = ("state", "connection_id", "attention", "target", "reason", "differs", "customer_id")
    wanted = desk.DispatchFilter(**{name: query.get(name) for name in names})
    page = desk.list_dispatches(read(), wanted, limit=query["limit"], after=query["after"])
    language = wanted_language(query)
    return {"items": told_all(page.items, language), "next": page.next}


@blp.get("/summary")
@requires("billing.read")
@blp.arguments(LanguageQuery, location="query")
@blp.response(200, SummaryOut)
def show_summary(query: dict[str, Any]) -> dict[str, Any]:
    """Count dispatches by state, connection and reason, with the oldest of each"""
    found, language = summary.summarise(read()), wanted_language(query)
    told_counts = {
        name: [{**each.key, "count": each.count, "oldest_at": each.oldest_at} for each in getattr(found, name)]
        for name in ("states", "targets", "reasons")
    }
    for reason in told_counts["reasons"]:
        reason["explanation"] = reasons.explain(reason["error_code"], language)
    names = ("attention", "differing", "oldest_at", "oldest_unclear_at")
    return {**told_counts, **{name: getattr(found, name) for name in names}}


@blp.post("/retry")
@requires("billing.write")
@blp.arguments(RetryManyIn)
@blp.response(200, RetriedOut)
def retry_many(body: dict[str, Any]) -> dict[str, Any]:
    """Try again: a list of dispatches, or all that were rejected for a reason"""
    if "ids" in body:
        return _told_retried(bulk.retry_many(begin, body["ids"], now=utc_now()))
    return _told_retried(bulk.retry_reason(begin, body["reason"], body.get("connection_id"), now=utc_now()))


@blp.get("/<dispatch_id>")
@requires("billing.read")
@blp.arguments(LanguageQuery, location="query")
@blp.response(200, DispatchDetailOut)
def show_dispatch(query: dict[str, Any], dispatch_id: str) -> dict[str, Any]:
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


@blp.post("/<dispatch_id>/redirect")
@requires("billing.write")
@blp.arguments(RedirectIn)
@blp.response(200, DispatchDetailOut)
def redirect_dispatch(body: dict[str, Any], dispatch_id: str) -> dict[str, Any]:
    """Send the document over another connection; answers with the new dispatch"""
    version = expected_version()
    return _shown(redirecting.redirect_dispatch(begin(), dispatch_id, version, body["connection_id"], now=utc_now()))


@blp.post("/<dispatch_id>/replay")
@requires("billing.write")
@blp.response(200, DispatchDetailOut)
def replay_dispatch(dispatch_id: str) -> dict[str, Any]:
    """Send an accepted document again

    For targets that know it by its key, such as webhooks whose receiver lost it; others answer 409. The dispatch stays
    accepted; what came is in the history, as `replay`.
    """
    runtime = app_runtime()
    view = replaying.replay_dispatch(runtime.database, caller(), runtime.own, dispatch_id, expected_version())
    return _shown(view)


def _told_retried(retried: bulk.Retried) -> dict[str, Any]:
    language = wanted_language()
    refused = [{**asdict(each), "explanation": reasons.explain(each.reason, language)} for each in retried.refused]
    return {"retried": retried.retried, "refused": refused, "left": retried.left}


def _decision(body: dict[str, Any]) -> TakenAsSent | TakenAsNotSent:
    if not body["found"]:
        return TakenAsNotSent()
    if not body["target_id"]:
        missing = FieldError("/target_id", "required", "Give the id that the accounting system shows.")
        raise RuleBroken(errors=[missing], reason="dispatch.target_id_missing")
    return TakenAsSent(body["target_id"], body["target_number"] or None)


def _shown(view: desk.DispatchView) -> dict[str, Any]:
    with_etag(view.dispatch)
    names = [name for name in AttemptOut().fields if name != "exchanges"]
    # They hold the payer's data as the target was told it: for those who may read documents.
    traces = view.traces if caller().may("billing.read") else {}
    history = [
        {**{name: getattr(attempt, name) for name in names}, "exchanges": traces.get(attempt.id, ())}
        for attempt in view.attempts
    ]
    return {**told(view.dispatch, wanted_language()), "document": view.document, "history": history}
