"""Storing one step of a dispatch and carrying out its intents, in one transaction.

The dispatcher and the dispatch desk both come here; what a fact leads to is decided by
`services.billing.domain.dispatch` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.billing.app.crediting import credit_rows
from services.billing.app.metrics import dispatch_totals_differ_total
from services.billing.domain import batch, dispatch
from services.billing.domain.batch import BatchState
from services.billing.domain.dispatch import Circumstances, DispatchState, Intent, Step, TakenAsSent, compare_totals
from services.billing.domain.outcomes import Accepted, CannotAsk, FollowedUp, Found, NotSent, Rejected, Unclear
from services.billing.models import statements
from services.billing.models.dispatches import record_columns
from shared.bus.envelope import NewEvent
from shared.db import UnitOfWork
from shared.errors import Conflict
from shared.telemetry import get_logger

log = get_logger("billing.dispatch")


class Overtaken(Conflict):
    """Somebody else changed the dispatch meanwhile; load it again and look what is left to do."""

    code = "dispatch.overtaken"
    title = "The dispatch was changed meanwhile"


@dataclass(frozen=True, slots=True)
class Current:
    """A dispatch as it was read, with what its announcements say; `version` guards the write."""

    dispatch_id: str
    version: int
    record: dispatch.Dispatch
    document_id: str
    document_key: str
    batch_id: str
    batch_documents: int
    connection_id: str
    target: str
    payer_id: str
    workorders: list[dict[str, Any]]
    net: Decimal
    vat: Decimal
    gross: Decimal
    currency: str
    payload_sha256: str | None
    correlation_id: str
    traceparent: str
    reverses_id: str | None = None
    target_id: str | None = None
    target_number: str | None = None


def apply(
    uow: UnitOfWork,
    current: Current,
    fact: object,
    circumstances: Circumstances,
    columns: Mapping[str, Any] | None = None,
) -> Step:
    """Apply `fact`: write the new state and do what it asks for; returns the step.

    columns  further columns of the dispatch to set. Raises Overtaken if the dispatch has another version by now,
    ForbiddenDispatchStep if the fact cannot happen in its state. The caller commits.
    """
    result = dispatch.step(current.record, fact, circumstances)
    now = circumstances.now
    values = {
        **record_columns(result.dispatch),
        **_told_by(fact, current, result, now),
        **(columns or {}),
        "version": current.version + 1,
        "changed_at": now,
    }
    guard = {
        "tenant": uow.context.tenant_id,
        "dispatch": current.dispatch_id,
        "read_version": current.version,
    }
    changed = uow.session.connection().execute(
        statements.step_dispatch(frozenset(values)),
        {**guard, **{f"to_{name}": value for name, value in values.items()}},
    )
    if changed.rowcount != 1:
        raise Overtaken()
    for intent in result.intents:
        _CARRY_OUT[intent](uow, current, fact, result, now)
    return result


def _told_by(fact: object, current: Current, result: Step, now: datetime) -> dict[str, Any]:
    """What a fact leaves behind besides the state."""
    values: dict[str, Any] = {}
    if isinstance(fact, (Accepted, Found, TakenAsSent)):
        values = {
            "target_id": fact.target_id,
            "target_number": fact.target_number,
            **_difference(fact, current),
            "error_code": None,
            "error_detail": None,
            "error_pointer": None,
            "finished_at": now,
        }
    elif result.rejection is not None:
        values = {
            "error_code": result.rejection.code,
            "error_detail": result.rejection.detail,
            "error_pointer": result.rejection.pointer,
        }
    elif isinstance(fact, FollowedUp):
        values = _of_problem(fact.problem)
    elif isinstance(fact, (NotSent, Unclear, CannotAsk)):
        values = {"error_code": None, "error_detail": fact.reason, "error_pointer": None}
    before, after = current.record.state, result.dispatch.state
    if after is DispatchState.UNCLEAR and before is not DispatchState.UNCLEAR:
        values["unclear_since"] = now
    elif after is not DispatchState.UNCLEAR:
        values["unclear_since"] = None
    values["needs_person"] = Intent.CALL_A_PERSON in result.intents
    return values


def _of_problem(problem: Rejected | NotSent | Unclear | None) -> dict[str, Any]:
    """The error columns of an accepted dispatch: what is in the way of what follows."""
    if isinstance(problem, Rejected):
        return {"error_code": problem.code, "error_detail": problem.detail, "error_pointer": problem.pointer}
    detail = None if problem is None else problem.reason
    return {"error_code": None, "error_detail": detail, "error_pointer": None}


def _difference(fact: Accepted | Found | TakenAsSent, current: Current) -> dict[str, Any]:
    """The column `difference`, if the target told other totals than ours."""
    ours = {"net": current.net, "vat": current.vat, "gross": current.gross}
    theirs = {name: getattr(fact, name, None) for name in ours}
    found = compare_totals(ours, theirs)
    if not found:
        return {}
    log.error("dispatch.totals_differ", dispatch_id=current.dispatch_id, fields=[each.field for each in found])
    dispatch_totals_differ_total.labels(current.target).inc()
    told = [{"field": each.field, "ours": str(each.ours), "theirs": _in_cents(each.theirs)} for each in found]
    return {"difference": told}


def _in_cents(amount: Decimal) -> str:
    """With two decimals; with more if the target has more, since these are what is wrong."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount:f}"


def _transfer_rows(uow: UnitOfWork, current: Current, fact: object, result: Step, now: datetime) -> None:
    if current.reverses_id is not None:
        credit_rows(uow, current.document_id, current.reverses_id, now)
    else:
        uow.session.connection().execute(
            statements.TRANSFER_ROWS, {"tenant": uow.context.tenant_id, "document": current.document_id}
        )
    _progress(uow, current, BatchState.DONE, now)


def _release_rows(uow: UnitOfWork, current: Current, fact: object, result: Step, now: datetime) -> None:
    """The document is cancelled, since its rows are free for another."""
    release_document(uow, current.document_id, now)
    _progress(uow, current, BatchState.DONE, now)


def release_document(uow: UnitOfWork, document_id: str, now: datetime) -> None:
    """Give the rows of a document back to the pool and cancel it; the caller knows that it was never sent."""
    uow.session.connection().execute(
        statements.RELEASE_ROWS, {"tenant": uow.context.tenant_id, "document": document_id}
    )
    _set_document_state(uow, document_id, "cancelled", now)


def _announce_accepted(uow: UnitOfWork, current: Current, fact: Any, result: Step, now: datetime) -> None:
    version = _set_document_state(uow, current.document_id, "accepted", now)
    uow.emit(
        NewEvent(
            type="document.accepted.v1",
            aggregate_type="document",
            aggregate_id=current.document_id,
            aggregate_version=version,
            data={
                "id": current.document_id,
                "key": current.document_key,
                "connection_id": current.connection_id,
                "target": current.target,
                "target_id": fact.target_id,
                "target_number": fact.target_number,
                "customer_id": current.payer_id,
                "workorders": _named_orders(current),
                "net": str(current.net),
                "vat": str(current.vat),
                "gross": str(current.gross),
                "currency": current.currency,
            },
        )
    )


def _named_orders(current: Current) -> list[dict[str, Any]]:
    """A credit bills nothing: it names no orders, and nobody takes their rows for billed."""
    return [] if current.reverses_id is not None else current.workorders


def _announce_rejected(uow: UnitOfWork, current: Current, fact: object, result: Step, now: datetime) -> None:
    rejection = result.rejection or Rejected("target.refused", "")
    uow.emit(
        NewEvent(
            type="document.rejected.v1",
            aggregate_type="document",
            aggregate_id=current.document_id,
            aggregate_version=_set_document_state(uow, current.document_id, "ready", now),
            data={
                "id": current.document_id,
                "key": current.document_key,
                "target": current.target,
                "code": rejection.code,
                "detail": rejection.detail,
                "workorders": _named_orders(current),
            },
        )
    )


def _call_a_person(uow: UnitOfWork, current: Current, fact: object, result: Step, now: datetime) -> None:
    """The column `needs_person` is the call: the desk lists it, a metric counts it."""
    log.error("dispatch.needs_person", dispatch_id=current.dispatch_id, document_id=current.document_id)


def _set_document_state(uow: UnitOfWork, document_id: str, state: str, now: datetime) -> int:
    """Returns the document's new version."""
    told = {"tenant": uow.context.tenant_id, "document": document_id, "to_state": state, "now": now}
    return int(uow.session.connection().execute(statements.SET_DOCUMENT_STATE, told).scalar_one())


def _progress(uow: UnitOfWork, current: Current, alone: BatchState, now: datetime) -> None:
    """Let the batch follow its dispatches; a batch of one needs no look at the others."""
    connection = uow.session.connection()
    wanted = {"tenant": uow.context.tenant_id, "batch": current.batch_id}
    state = alone
    if current.batch_documents > 1:
        states = connection.execute(statements.BATCH_PROGRESS, wanted).scalars()
        state = batch.progress(current.batch_documents, [DispatchState(each) for each in states])
    connection.execute(statements.SET_BATCH_STATE, {**wanted, "to_state": str(state), "now": now})


_CARRY_OUT: Mapping[Intent, Callable[[UnitOfWork, Current, Any, Step, datetime], None]] = {
    Intent.TRANSFER_ROWS: _transfer_rows,
    Intent.RELEASE_ROWS: _release_rows,
    Intent.ANNOUNCE_ACCEPTED: _announce_accepted,
    Intent.ANNOUNCE_REJECTED: _announce_rejected,
    Intent.CALL_A_PERSON: _call_a_person,
}
