"""The lifecycle of domain.md 3, as a table and as random walks."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workorders.domain.errors import ForbiddenStep, GuardsBroken
from services.workorders.domain.lifecycle import (
    BEFORE_APPROVAL,
    STEPS,
    TARGETS,
    CustomerFacts,
    OrderFacts,
    RowFacts,
    State,
    Step,
    advance,
    after_completion,
    billing_progress,
    broken_guards,
)
from services.workorders.domain.values import BillingProgress, HoldPolicy, ReviewMode

CUSTOMER = CustomerFacts()
READY = OrderFacts(customer=CUSTOMER, rows=(RowFacts(),), reason="because")
BILLED = OrderFacts(customer=CUSTOMER, rows=(RowFacts(transferred=True),))
CANCELLABLE = OrderFacts(customer=CUSTOMER, reason="because")

# domain.md 3, row by row
SHEET = [
    (State.PLANNED, Step.START, State.IN_PROGRESS, READY),
    (State.ASSIGNED, Step.START, State.IN_PROGRESS, READY),
    (State.IN_PROGRESS, Step.PAUSE, State.PAUSED, READY),
    (State.PAUSED, Step.RESUME, State.IN_PROGRESS, READY),
    (State.IN_PROGRESS, Step.COMPLETE, State.DONE, READY),
    (State.DONE, Step.APPROVE, State.APPROVED, READY),
    (State.IN_REVIEW, Step.APPROVE, State.APPROVED, READY),
    (State.IN_REVIEW, Step.RETURN, State.IN_PROGRESS, READY),
    (State.APPROVED, Step.REOPEN, State.IN_REVIEW, READY),
    (State.APPROVED, Step.BILL, State.BILLED, BILLED),
    *((state, Step.CANCEL, State.CANCELLED, CANCELLABLE) for state in BEFORE_APPROVAL),
]


@pytest.mark.parametrize(("state", "step", "target", "facts"), SHEET)
def test_every_step_of_the_sheet_is_possible(state: State, step: Step, target: State, facts: OrderFacts) -> None:
    assert advance(state, step, facts) is target


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", [step for step in Step if step is not Step.CREATE])
def test_every_other_step_names_both_states(state: State, step: Step) -> None:
    if (state, step) in STEPS:
        return
    with pytest.raises(ForbiddenStep) as caught:
        advance(state, step, READY)
    assert caught.value.facts == {"step": step, "from_state": state, "to_state": TARGETS[step]}


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED])
def test_the_end_is_the_end(state: State) -> None:
    assert not [step for at, step in STEPS if at is state]


def pointers(facts: OrderFacts, step: Step, state: State) -> list[str]:
    return [error.pointer for error in broken_guards(state, step, facts)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (OrderFacts(customer=None, rows=(RowFacts(),)), ["/customer_id"]),
        (OrderFacts(customer=CustomerFacts(archived=True), rows=(RowFacts(),)), ["/customer_id"]),
        (OrderFacts(customer=CustomerFacts(hold=HoldPolicy.REFUSE), rows=(RowFacts(),)), ["/customer_id"]),
        (OrderFacts(customer=CustomerFacts(hold=HoldPolicy.REVIEW), rows=(RowFacts(),)), []),
        (OrderFacts(customer=CUSTOMER), ["/rows"]),
        (OrderFacts(customer=CUSTOMER, rows=(RowFacts(closed=True),)), ["/rows"]),
        (OrderFacts(customer=CUSTOMER, rows=(RowFacts(), RowFacts(priced=False))), ["/rows/1/unit_price"]),
        (OrderFacts(customer=CUSTOMER, rows=(RowFacts(priced=False, closed=True), RowFacts())), []),
        (OrderFacts(customer=CUSTOMER, rows=(RowFacts(charged=False),)), ["/rows/0/chargeability_reason"]),
        (OrderFacts(customer=CUSTOMER, rows=(RowFacts(charged=False, has_reason=True),)), []),
        (OrderFacts(customer=CUSTOMER, rows=(RowFacts(charged=False, normally_charged=False),)), []),
        (
            OrderFacts(
                customer=CustomerFacts(required_references=frozenset({"orderer", "contract"})),
                references={"contract": "  "},
                rows=(RowFacts(),),
            ),
            ["/references/contract", "/references/orderer"],
        ),
        (OrderFacts(rows=(RowFacts(priced=False),)), ["/customer_id", "/rows/0/unit_price"]),
    ],
)
def test_approval_says_everything_that_is_missing(facts: OrderFacts, expected: list[str]) -> None:
    assert pointers(facts, Step.APPROVE, State.IN_REVIEW) == expected
    if expected:
        with pytest.raises(GuardsBroken) as caught:
            advance(State.IN_REVIEW, Step.APPROVE, facts)
        assert [error.pointer for error in caught.value.errors] == expected


@pytest.mark.parametrize(
    ("state", "step", "facts", "expected"),
    [
        (State.IN_REVIEW, Step.RETURN, OrderFacts(reason=" "), ["/comment"]),
        (State.APPROVED, Step.REOPEN, OrderFacts(rows=(RowFacts(transferred=True),)), ["/reason", "/rows/0"]),
        (State.PAUSED, Step.CANCEL, OrderFacts(rows=(RowFacts(),)), ["/reason", "/rows/0"]),
        (State.PAUSED, Step.CANCEL, OrderFacts(rows=(RowFacts(closed=True),), reason="x"), []),
        (State.IN_REVIEW, Step.CLOSE, OrderFacts(rows=(RowFacts(),)), ["/reason"]),
        (State.APPROVED, Step.CLOSE, OrderFacts(rows=(RowFacts(), RowFacts(charged=False))), ["/rows/0"]),
        (State.APPROVED, Step.CLOSE, OrderFacts(rows=(RowFacts(charged=False),)), []),
        (State.BILLED, Step.CLOSE, OrderFacts(), []),
        (State.APPROVED, Step.BILL, READY, ["/rows"]),
    ],
)
def test_guards_of_the_other_steps(state: State, step: Step, facts: OrderFacts, expected: list[str]) -> None:
    assert pointers(facts, step, state) == expected


@pytest.mark.parametrize(
    ("mode", "facts", "step"),
    [
        (ReviewMode.NONE, READY, Step.APPROVE),
        (ReviewMode.ALWAYS, READY, Step.SUBMIT),
        (ReviewMode.NONE, OrderFacts(rows=(RowFacts(),)), Step.SUBMIT),
        (ReviewMode.NONE, OrderFacts(customer=CustomerFacts(hold=HoldPolicy.REVIEW), rows=(RowFacts(),)), Step.SUBMIT),
    ],
)
def test_finished_work_is_approved_or_submitted(mode: ReviewMode, facts: OrderFacts, step: Step) -> None:
    assert after_completion(mode, facts) is step


@pytest.mark.parametrize(
    ("rows", "progress"),
    [
        ([], BillingProgress.NONE),
        ([RowFacts(charged=False, transferred=True)], BillingProgress.NONE),
        ([RowFacts()], BillingProgress.NONE),
        ([RowFacts(), RowFacts(transferred=True)], BillingProgress.PARTLY),
        ([RowFacts(charged=False), RowFacts(transferred=True)], BillingProgress.BILLED),
        ([RowFacts(closed=True), RowFacts(transferred=True)], BillingProgress.BILLED),
    ],
)
def test_partly_billed_is_computed_from_rows(rows: Iterable[RowFacts], progress: BillingProgress) -> None:
    assert billing_progress(OrderFacts(rows=tuple(rows))) is progress


row_facts = st.builds(RowFacts, *[st.booleans()] * 6)
order_facts = st.builds(
    OrderFacts,
    customer=st.none()
    | st.builds(CustomerFacts, st.booleans(), st.sampled_from(HoldPolicy), st.frozensets(st.sampled_from(["orderer"]))),
    references=st.dictionaries(st.sampled_from(["orderer"]), st.sampled_from(["", "x"])),
    rows=st.lists(row_facts, max_size=3).map(tuple),
    reason=st.sampled_from(["", "because"]),
)
walk = st.lists(st.tuples(st.sampled_from([s for s in Step if s is not Step.CREATE]), order_facts), max_size=40)


@given(walk)
def test_no_walk_leaves_the_table_or_passes_a_guard(steps: list[tuple[Step, OrderFacts]]) -> None:
    state, seen = State.DRAFT, [State.DRAFT]
    for step, facts in steps:
        try:
            after = advance(state, step, facts)
        except ForbiddenStep:
            assert (state, step) not in STEPS
            continue
        except GuardsBroken:
            assert broken_guards(state, step, facts)
            continue
        assert STEPS[state, step] is after
        assert not broken_guards(state, step, facts)
        if after is State.APPROVED:
            assert facts.customer is not None
            assert not facts.customer.archived
            assert any(not row.closed for row in facts.rows)
        state = after
        seen.append(state)
    for before, after in zip(seen, seen[1:], strict=False):
        if after is State.BILLED:
            assert before is State.APPROVED
        assert before not in (State.CLOSED, State.CANCELLED)
