"""The life of a work order: a table of steps, each with its guards (domain.md 3).

`advance` is the only way to a new state. It knows no database, clock or user: what the guards need comes as
`OrderFacts`. Who may ask for a step is decided before (permissions); what follows from it, after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services.workorders.domain.errors import ForbiddenStep, GuardsBroken
from services.workorders.domain.values import BillingProgress, HoldPolicy, ReviewMode
from shared.errors import FieldError


class State(StrEnum):
    """Where an order stands. "Late" and "partly billed" are computed, not states."""

    DRAFT = "draft"
    PLANNED = "planned"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    DONE = "done"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    BILLED = "billed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to an order. `release` gives an assigned one back to the queue, `return` is from review."""

    CREATE = "create"
    PLAN = "plan"
    ASSIGN = "assign"
    RELEASE = "release"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    REOPEN = "reopen"
    BILL = "bill"
    CLOSE = "close"
    CANCEL = "cancel"


BEFORE_APPROVAL: Final = (
    State.DRAFT,
    State.PLANNED,
    State.ASSIGNED,
    State.IN_PROGRESS,
    State.PAUSED,
    State.DONE,
    State.IN_REVIEW,
)
"""In these the order and its rows may change, and it may be cancelled."""

AFTER_COMPLETION: Final = (State.DONE, State.IN_REVIEW, State.APPROVED, State.BILLED)
"""The work is finished, and nobody has sent it back or ended it otherwise."""

NOT_STARTED: Final = (State.DRAFT, State.PLANNED, State.ASSIGNED)

STEPS: Final[Mapping[tuple[State, Step], State]] = {
    (State.DRAFT, Step.PLAN): State.PLANNED,
    (State.PLANNED, Step.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Step.ASSIGN): State.ASSIGNED,
    (State.IN_PROGRESS, Step.ASSIGN): State.IN_PROGRESS,
    (State.PAUSED, Step.ASSIGN): State.PAUSED,
    (State.ASSIGNED, Step.RELEASE): State.PLANNED,
    (State.PLANNED, Step.START): State.IN_PROGRESS,
    (State.ASSIGNED, Step.START): State.IN_PROGRESS,
    (State.IN_PROGRESS, Step.PAUSE): State.PAUSED,
    (State.PAUSED, Step.RESUME): State.IN_PROGRESS,
    (State.IN_PROGRESS, Step.COMPLETE): State.DONE,
    (State.DONE, Step.SUBMIT): State.IN_REVIEW,
    (State.DONE, Step.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Step.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Step.RETURN): State.IN_PROGRESS,
    (State.APPROVED, Step.REOPEN): State.IN_REVIEW,
    (State.APPROVED, Step.BILL): State.BILLED,
    (State.DONE, Step.CLOSE): State.CLOSED,
    (State.IN_REVIEW, Step.CLOSE): State.CLOSED,
    (State.APPROVED, Step.CLOSE): State.CLOSED,
    (State.BILLED, Step.CLOSE): State.CLOSED,
    **{(state, Step.CANCEL): State.CANCELLED for state in BEFORE_APPROVAL},
}
"""(state, step) → next state; what is not here is forbidden."""

TARGETS: Final[Mapping[Step, State]] = {
    Step.CREATE: State.PLANNED,
    **{step: state for (_, step), state in reversed(list(STEPS.items()))},
}
"""Where a step leads from the first state that allows it: the name of what was wanted when it is forbidden."""


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What guards need of the customer. hold  the tenant's policy if the customer is on hold, else `allow`."""

    archived: bool = False
    hold: HoldPolicy = HoldPolicy.ALLOW
    required_references: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What guards need of one recorded row.

    charged      its chargeability is `charge`
    priced       it has a unit price and a VAT class; zero is a price
    normally_charged  it has a price other than zero, so not charging it needs a reason
    closed       it was closed without billing
    transferred  an accepted document holds it
    """

    charged: bool = True
    priced: bool = True
    normally_charged: bool = True
    has_reason: bool = False
    closed: bool = False
    transferred: bool = False


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What guards need of the order.

    customer    None while it is provisional (name and phone only)
    references  name → value; empty and absent are the same
    rows        recorded rows, in the order in which they are shown; planned rows are not among them
    reason      what the caller says to this step: comment or reason
    unusual     a person should see it before it is billed, whatever the review mode
    """

    customer: CustomerFacts | None = None
    references: Mapping[str, str | None] = field(default_factory=dict)
    rows: tuple[RowFacts, ...] = ()
    reason: str = ""
    unusual: bool = False


Guard = Callable[[OrderFacts], Iterator[FieldError]]


def _reason_given(facts: OrderFacts) -> Iterator[FieldError]:
    if not facts.reason.strip():
        yield FieldError("/reason", "reason.missing", "Say why.")


def _comment_given(facts: OrderFacts) -> Iterator[FieldError]:
    if not facts.reason.strip():
        yield FieldError("/comment", "comment.missing", "Say what must be put right.")


def _customer_real(facts: OrderFacts) -> Iterator[FieldError]:
    if facts.customer is None:
        yield FieldError(
            "/customer_id", "customer.provisional", "The customer is only a name; choose one from the register."
        )


def _customer_in_use(facts: OrderFacts) -> Iterator[FieldError]:
    if facts.customer is not None and facts.customer.archived:
        yield FieldError("/customer_id", "customer.archived", "The customer is archived.")


def _customer_not_held(facts: OrderFacts) -> Iterator[FieldError]:
    if facts.customer is not None and facts.customer.hold is HoldPolicy.REFUSE:
        yield FieldError("/customer_id", "customer.on_hold", "The customer is on hold.")


def _references_present(facts: OrderFacts) -> Iterator[FieldError]:
    required = facts.customer.required_references if facts.customer else frozenset()
    for name in sorted(required):
        if not (facts.references.get(name) or "").strip():
            yield FieldError(f"/references/{name}", "reference.missing", f"The customer requires the {name}.")


def _rows_present(facts: OrderFacts) -> Iterator[FieldError]:
    if all(row.closed for row in facts.rows):
        yield FieldError("/rows", "rows.missing", "Nothing is recorded; close the order without billing instead.")


def _rows_complete(facts: OrderFacts) -> Iterator[FieldError]:
    for index, row in enumerate(facts.rows):
        if row.closed:
            continue
        if row.charged and not row.priced:
            yield FieldError(f"/rows/{index}/unit_price", "price.missing", "A charged row needs a price.")
        if not row.charged and row.normally_charged and not row.has_reason:
            yield FieldError(
                f"/rows/{index}/chargeability_reason", "reason.missing", "Say why this row is not charged."
            )


def _no_open_rows(facts: OrderFacts) -> Iterator[FieldError]:
    for index, row in enumerate(facts.rows):
        if not row.closed:
            yield FieldError(f"/rows/{index}", "row.open", "The row is neither removed nor closed with a reason.")


def _nothing_transferred(facts: OrderFacts) -> Iterator[FieldError]:
    for index, row in enumerate(facts.rows):
        if row.transferred:
            yield FieldError(f"/rows/{index}", "row.transferred", "The row is on a document that was accepted.")


def _everything_billed(facts: OrderFacts) -> Iterator[FieldError]:
    if billing_progress(facts) is not BillingProgress.BILLED:
        yield FieldError("/rows", "rows.not_billed", "Not every charged row is on an accepted document.")


GUARDS: Final[Mapping[Step, tuple[Guard, ...]]] = {
    Step.APPROVE: (
        _customer_real,
        _customer_in_use,
        _customer_not_held,
        _references_present,
        _rows_present,
        _rows_complete,
    ),
    Step.RETURN: (_comment_given,),
    Step.REOPEN: (_reason_given, _nothing_transferred),
    Step.BILL: (_everything_billed,),
    Step.CANCEL: (_reason_given, _no_open_rows, _nothing_transferred),
}
"""Step → what must hold, whatever the state. `CLOSE` differs by state, see `guards_of`."""

_CLOSE_UNBILLED: Final[tuple[Guard, ...]] = (_reason_given, _nothing_transferred)


def _nothing_to_bill(facts: OrderFacts) -> Iterator[FieldError]:
    for index, row in enumerate(facts.rows):
        if row.charged and not row.closed:
            yield FieldError(f"/rows/{index}", "row.charged", "The row is in billing; reopen the order first.")


def guards_of(state: State, step: Step) -> tuple[Guard, ...]:
    """Return the guards of a step that is taken from `state`."""
    if step is Step.CLOSE:
        if state is State.BILLED:
            return ()
        return (_nothing_to_bill,) if state is State.APPROVED else _CLOSE_UNBILLED
    return GUARDS.get(step, ())


def broken_guards(state: State, step: Step, facts: OrderFacts) -> tuple[FieldError, ...]:
    """Return everything that stands in the way of a step, in the order of its guards; empty if nothing does."""
    return tuple(error for guard in guards_of(state, step) for error in guard(facts))


def advance(state: State, step: Step, facts: OrderFacts | None = None) -> State:
    """Return the state that `step` leads to.

    Raises ForbiddenStep if the table has no such step from `state`, else GuardsBroken with *all* that is missing.
    Source: domain.md 3.
    """
    target = STEPS.get((state, step))
    if target is None:
        raise ForbiddenStep(step.value, state.value, TARGETS[step].value)
    broken = broken_guards(state, step, facts or OrderFacts())
    if broken:
        raise GuardsBroken(step.value, broken)
    return target


def after_completion(mode: ReviewMode, facts: OrderFacts) -> Step:
    """Return what the system does with finished work: approve it, or submit it to a person.

    With the mode `none` the system approves what it may; what is not ready, or belongs to a customer on hold under
    the policy `review`, or is unusual, goes to a person instead of failing the worker who finished it (domain.md 2.9).
    """
    held = facts.customer is not None and facts.customer.hold is not HoldPolicy.ALLOW
    if mode is ReviewMode.ALWAYS or held or facts.unusual or broken_guards(State.DONE, Step.APPROVE, facts):
        return Step.SUBMIT
    return Step.APPROVE


def billing_progress(facts: OrderFacts) -> BillingProgress:
    """Return how much of the charged rows has been accepted; `none` if there are no charged rows."""
    charged = [row for row in facts.rows if row.charged and not row.closed]
    transferred = sum(row.transferred for row in charged)
    if not transferred:
        return BillingProgress.NONE
    return BillingProgress.BILLED if transferred == len(charged) else BillingProgress.PARTLY
