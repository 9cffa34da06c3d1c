"""The state machine of a dispatch, by table and by random walk."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.billing.domain.dispatch import (
    FINAL,
    TABLE,
    Circumstances,
    Dispatch,
    DispatchPolicy,
    DispatchState,
    Intent,
    LeaseLapsed,
    PayloadChanged,
    Redirected,
    Reversed,
    SentHere,
    Skipped,
    Started,
    Step,
    TakenAsNotSent,
    TakenAsSent,
    TotalsDifference,
    TriedAgain,
    compare_totals,
    step,
    waiting,
)
from services.billing.domain.errors import ForbiddenDispatchStep
from services.billing.domain.outcomes import (
    Absent,
    Accepted,
    CannotAsk,
    FollowedUp,
    Found,
    NotSent,
    Rejected,
    Unclear,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
POLICY = DispatchPolicy()
S = DispatchState

FACTS = {
    Started: Started(),
    Accepted: Accepted("42"),
    Rejected: Rejected("netvisor.period_lock", "Kausi on lukittu"),
    NotSent: NotSent("no connection"),
    Unclear: Unclear("read timeout"),
    LeaseLapsed: LeaseLapsed(),
    PayloadChanged: PayloadChanged(),
    Found: Found("42"),
    Absent: Absent(),
    CannotAsk: CannotAsk("503"),
    TakenAsSent: TakenAsSent("42"),
    TakenAsNotSent: TakenAsNotSent(),
    TriedAgain: TriedAgain(),
    Skipped: Skipped("billed by hand"),
    Reversed: Reversed(),
    Redirected: Redirected("another connection"),
    SentHere: SentHere(),
    FollowedUp: FollowedUp(("match",)),
}


def at(seconds: float = 0, *, policy: DispatchPolicy = POLICY, jitter: float = 0.5) -> Circumstances:
    return Circumstances(NOW + timedelta(seconds=seconds), policy, jitter)


def a_dispatch(state: DispatchState, **changes: object) -> Dispatch:
    return Dispatch(state, **({"due_at": NOW} | changes))  # type: ignore[arg-type]


def seconds_until_due(result: Step) -> float:
    assert result.dispatch.due_at is not None
    return (result.dispatch.due_at - NOW).total_seconds()


def test_a_document_is_sent_and_accepted() -> None:
    sending = step(waiting(NOW), Started(), at())
    assert (sending.dispatch.state, sending.dispatch.attempts) == (S.SENDING, 1)
    assert seconds_until_due(sending) == POLICY.lease_s
    accepted = step(sending.dispatch, Accepted("42"), at(1))
    assert accepted.dispatch.state is S.ACCEPTED
    assert accepted.dispatch.due_at is None
    assert accepted.intents == (Intent.TRANSFER_ROWS, Intent.ANNOUNCE_ACCEPTED)


def test_a_refusal_waits_for_a_person() -> None:
    refused = step(a_dispatch(S.SENDING), FACTS[Rejected], at())
    assert (refused.dispatch.state, refused.dispatch.due_at) == (S.REJECTED, None)
    assert refused.intents == (Intent.ANNOUNCE_REJECTED,)
    assert refused.rejection == FACTS[Rejected]


@pytest.mark.parametrize("fact", [Unclear("read timeout"), LeaseLapsed()], ids=["no answer", "process died"])
def test_whatever_is_not_certain_is_looked_up_after_the_targets_own_limit(fact: object) -> None:
    unclear = step(a_dispatch(S.SENDING, attempts=1), fact, at())
    assert (unclear.dispatch.state, unclear.intents) == (S.UNCLEAR, ())
    assert seconds_until_due(unclear) == 130


def test_it_is_sent_again_only_after_two_looks_that_found_nothing() -> None:
    unclear = step(a_dispatch(S.SENDING), Unclear("reset"), at()).dispatch
    once = step(unclear, Absent(), at())
    assert once.dispatch.state is S.UNCLEAR
    assert seconds_until_due(once) == POLICY.look_pause_s
    twice = step(once.dispatch, Absent(), at())
    assert (twice.dispatch.state, twice.dispatch.due_at, twice.dispatch.resend) == (S.WAITING, NOW, True)


def test_a_single_look_can_not_be_configured() -> None:
    with pytest.raises(ValueError, match="one look"):
        DispatchPolicy(looks=1)


def test_found_in_the_target_is_accepted() -> None:
    found = step(a_dispatch(S.UNCLEAR, looks=1), Found("42"), at())
    assert found.dispatch.state is S.ACCEPTED
    assert Intent.ANNOUNCE_ACCEPTED in found.intents


def test_a_late_answer_to_an_unclear_attempt_still_counts() -> None:
    assert step(a_dispatch(S.UNCLEAR), Accepted("42"), at()).dispatch.state is S.ACCEPTED


def test_a_target_that_cannot_be_asked_is_asked_less_often_and_then_a_person_decides() -> None:
    dispatch, pauses = a_dispatch(S.UNCLEAR), []
    for _ in range(POLICY.failed_asks - 1):
        result = step(dispatch, CannotAsk("503"), at())
        assert result.intents == ()
        pauses.append(seconds_until_due(result))
        dispatch = result.dispatch
    assert pauses[:6] == [60, 120, 240, 480, 960, 960]
    last = step(dispatch, CannotAsk("503"), at())
    assert (last.dispatch.state, last.dispatch.due_at) == (S.UNCLEAR, None)
    assert last.intents == (Intent.CALL_A_PERSON,)


def test_certainly_not_sent_waits_longer_each_time_and_not_for_ever() -> None:
    policy = DispatchPolicy(tries=4, retry_delays_s=(5, 30))
    dispatch, pauses = a_dispatch(S.SENDING), []
    for _ in range(3):
        result = step(dispatch, NotSent("dns"), at(policy=policy))
        assert result.dispatch.state is S.WAITING
        pauses.append(seconds_until_due(result))
        dispatch = step(result.dispatch, Started(), at()).dispatch
    assert pauses == [5, 30, 30]
    given_up = step(dispatch, NotSent("dns"), at(policy=policy))
    assert given_up.dispatch.state is S.REJECTED
    assert given_up.rejection is not None
    assert given_up.rejection.code == "target.not_reached"


def test_jitter_spreads_the_tries_and_the_targets_own_pause_is_kept() -> None:
    low = step(a_dispatch(S.SENDING), NotSent("x"), at(jitter=0))
    high = step(a_dispatch(S.SENDING), NotSent("x"), at(jitter=0.999))
    assert seconds_until_due(low) == pytest.approx(3.75)
    assert seconds_until_due(high) == pytest.approx(6.25, abs=0.01)
    asked = step(a_dispatch(S.SENDING), NotSent("busy", retry_after_s=90), at())
    assert seconds_until_due(asked) == 90


def test_preparing_that_ended_unclearly_is_tried_again_since_the_document_was_not_sent() -> None:
    result = step(a_dispatch(S.WAITING), Unclear("customer creation timed out"), at())
    assert (result.dispatch.state, result.dispatch.resend) == (S.WAITING, False)


def test_other_bytes_than_those_that_became_unclear_are_a_persons_decision() -> None:
    result = step(a_dispatch(S.WAITING, resend=True), PayloadChanged(), at())
    assert (result.dispatch.state, result.dispatch.due_at) == (S.UNCLEAR, None)
    assert result.intents == (Intent.CALL_A_PERSON,)
    afresh = step(result.dispatch, TakenAsNotSent(), at())
    assert (afresh.dispatch.state, afresh.dispatch.resend) == (S.WAITING, False)


def test_a_skipped_document_gives_its_rows_back() -> None:
    result = step(a_dispatch(S.REJECTED), Skipped("wrong customer"), at())
    assert (result.dispatch.state, result.intents) == (S.SKIPPED, (Intent.RELEASE_ROWS,))


@pytest.mark.parametrize("state", [S.SENDING, S.UNCLEAR, S.ACCEPTED])
def test_what_may_be_in_the_target_cannot_be_skipped(state: DispatchState) -> None:
    with pytest.raises(ForbiddenDispatchStep) as refused:
        step(a_dispatch(state), Skipped("x"), at())
    assert refused.value.facts == {"state": state.value, "fact": "Skipped", "reason": f"dispatch.is_{state}"}


@pytest.mark.parametrize("state", [S.WAITING, S.REJECTED])
def test_what_certainly_is_not_in_the_target_may_go_to_another_and_come_back(state: DispatchState) -> None:
    away = step(a_dispatch(state), Redirected("c2"), at())
    assert (away.dispatch.state, away.intents) == (S.SKIPPED, ())
    assert step(away.dispatch, SentHere(), at()).dispatch.state is S.WAITING


def test_what_was_unclear_before_is_not_redirected_though_it_was_not_found() -> None:
    with pytest.raises(ForbiddenDispatchStep):
        step(a_dispatch(S.WAITING, resend=True), Redirected("c2"), at())


def test_every_pair_is_in_the_table_or_refused_by_name() -> None:
    for state in S:
        for kind, fact in FACTS.items():
            if (state, kind) in TABLE:
                step(a_dispatch(state), fact, at())
            else:
                with pytest.raises(ForbiddenDispatchStep):
                    step(a_dispatch(state), fact, at())
    assert {kind for _, kind in TABLE} == set(FACTS)


def test_an_accepted_document_is_due_while_the_target_wants_something_done() -> None:
    accepted = step(a_dispatch(S.SENDING, tries=3), Accepted("42"), replace(at(), follows=True)).dispatch
    assert (accepted.state, accepted.due_at, accepted.tries) == (S.ACCEPTED, NOW, 0)
    later = step(accepted, FollowedUp(problem=NotSent("busy", retry_after_s=90)), at())
    assert (later.dispatch.state, later.dispatch.tries, seconds_until_due(later)) == (S.ACCEPTED, 1, 90)
    done = step(later.dispatch, FollowedUp(("match",)), at(90))
    assert (done.dispatch.state, done.dispatch.due_at, done.dispatch.tries, done.intents) == (S.ACCEPTED, None, 0, ())


@pytest.mark.parametrize(
    ("problem", "tries"),
    [
        (Rejected("netvisor.invalid_data", "…"), 0),
        (NotSent("busy"), POLICY.tries - 1),
        (Unclear("lost"), POLICY.tries - 1),
    ],
)
def test_what_follows_and_cannot_be_done_calls_a_person_and_leaves_the_document_accepted(
    problem: Rejected | NotSent | Unclear, tries: int
) -> None:
    failed = step(a_dispatch(S.ACCEPTED, tries=tries), FollowedUp(problem=problem), at())
    assert (failed.dispatch.state, failed.dispatch.due_at) == (S.ACCEPTED, None)
    assert failed.intents == (Intent.CALL_A_PERSON,)
    again = step(failed.dispatch, TriedAgain(), at(5)).dispatch
    assert (again.state, again.due_at, again.tries) == (S.ACCEPTED, at(5).now, 0)


def test_an_accepted_document_with_nothing_left_to_do_cannot_be_tried_again() -> None:
    with pytest.raises(ForbiddenDispatchStep, match="nothing is left to do"):
        step(a_dispatch(S.ACCEPTED, due_at=None), TriedAgain(), at())


def test_totals_are_compared_where_the_target_tells_them() -> None:
    ours = {"net": Decimal("299.97"), "vat": Decimal("76.49"), "gross": Decimal("376.46")}
    theirs = {"net": Decimal("299.97"), "vat": None, "gross": Decimal("376.47")}
    assert compare_totals(ours, theirs) == (TotalsDifference("gross", Decimal("376.46"), Decimal("376.47")),)


@pytest.mark.parametrize("seed", range(40))
def test_random_walk_against_a_target_never_makes_two_documents(seed: int) -> None:
    """A target that loses answers before or after saving; a process that dies; two looks, both truthful."""
    rng = random.Random(seed)
    policy = DispatchPolicy(tries=1000, failed_asks=1000)
    in_target, dispatch = 0, waiting(NOW)
    for _ in range(200):
        if dispatch.state in FINAL:
            break
        if dispatch.state is S.WAITING:
            dispatch = step(dispatch, Started(), at(policy=policy)).dispatch
        elif dispatch.state is S.SENDING:
            saved = rng.random() < 0.5
            in_target += saved
            lost = [Unclear("timeout"), LeaseLapsed()]
            told: list[object] = [Accepted("42")] if saved else [NotSent("refused")]
            dispatch = step(dispatch, rng.choice(lost + told), at(policy=policy)).dispatch
        else:
            truth = Found("42") if in_target else Absent()
            dispatch = step(dispatch, rng.choice([truth, CannotAsk("503")]), at(policy=policy)).dispatch
    assert dispatch.state is S.ACCEPTED
    assert in_target == 1
