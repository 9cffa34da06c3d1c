"""The steps of a work order's life, one address each. `If-Match` is honoured everywhere, required nowhere.

A worker's phone repeats what it got no answer to: a repeated start, pause, resume or done must not look like a fault.
"""

from __future__ import annotations

from typing import Any

from services.workorders.api.answers import shown
from services.workorders.api.order_schemas import (
    AssignIn,
    CancelIn,
    CloseIn,
    DoneIn,
    OrderOut,
    ReasonIn,
    ReturnIn,
)
from services.workorders.app import progress, review
from services.workorders.app.plan_order import plan_draft
from shared.clock import utc_now
from shared.http import Blueprint, begin, expected_version, requires

WORKERS = ("workorders.record", "workorders.plan")

blp = Blueprint("workorder steps", __name__, url_prefix="/workorders", description="Steps of a work order's life")


@blp.post("/<order_id>/plan")
@requires("workorders.plan")
@blp.response(200, OrderOut)
def plan(order_id: str) -> dict[str, Any]:
    """Put a draft into the plan"""
    return shown(plan_draft(begin(), order_id, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/assign")
@requires("workorders.plan")
@blp.arguments(AssignIn)
@blp.response(200, OrderOut)
def assign(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Give the order to a worker, or back to the queue"""
    worker = body["assigned_to"]
    return shown(progress.assign_order(begin(), order_id, worker, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/start")
@requires(*WORKERS)
@blp.response(200, OrderOut)
def start(order_id: str) -> dict[str, Any]:
    """Start work; an order from the queue becomes the caller's

    Sent again by the order's worker it changes nothing and is answered as before; so are `pause`, `resume` and `done`.
    """
    return shown(progress.start_order(begin(), order_id, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/pause")
@requires(*WORKERS)
@blp.response(200, OrderOut)
def pause(order_id: str) -> dict[str, Any]:
    """Pause work"""
    return shown(progress.pause_order(begin(), order_id, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/resume")
@requires(*WORKERS)
@blp.response(200, OrderOut)
def resume(order_id: str) -> dict[str, Any]:
    """Go on with paused work"""
    return shown(progress.resume_order(begin(), order_id, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/done")
@requires(*WORKERS)
@blp.arguments(DoneIn, required=False)
@blp.response(200, OrderOut)
def done(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Finish work

    With the review mode `none` the system approves at once if nothing is missing; else the order is in review.
    """
    signed_by = body.get("signed_by")
    return shown(
        review.complete_order(begin(), order_id, signed_by=signed_by, expected=expected_version(), now=utc_now())
    )


@blp.post("/<order_id>/approve")
@requires("workorders.review")
@blp.response(200, OrderOut)
def approve(order_id: str) -> dict[str, Any]:
    """Approve finished work: locks it and hands it to billing

    422 `workorder.not_ready` names everything that is missing. Approving twice changes nothing.
    """
    return shown(review.approve_order(begin(), order_id, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/return")
@requires("workorders.review")
@blp.arguments(ReturnIn)
@blp.response(200, OrderOut)
def send_back(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Send work back from review, with a comment"""
    comment = body["comment"]
    return shown(review.return_order(begin(), order_id, comment, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/close")
@requires("workorders.review")
@blp.arguments(CloseIn, required=False)
@blp.response(200, OrderOut)
def close(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Close from review without billing (with a reason), or after billing"""
    reason = body.get("reason", "")
    return shown(review.close_order(begin(), order_id, reason, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/reopen")
@requires("workorders.reopen")
@blp.arguments(ReasonIn)
@blp.response(200, OrderOut)
def reopen(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Take an approval back, as long as nothing is billed"""
    reason = body["reason"]
    return shown(review.reopen_order(begin(), order_id, reason, expected=expected_version(), now=utc_now()))


@blp.post("/<order_id>/cancel")
@requires("workorders.plan")
@blp.arguments(CancelIn)
@blp.response(200, OrderOut)
def cancel(body: dict[str, Any], order_id: str) -> dict[str, Any]:
    """Cancel before approval, with a reason; recorded rows need one too"""
    return shown(
        review.cancel_order(
            begin(),
            order_id,
            body["reason"],
            rows_reason=body["rows_reason"],
            expected=expected_version(),
            now=utc_now(),
        )
    )
