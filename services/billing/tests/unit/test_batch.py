"""Steps of a batch, and the circuit breaker of a connection."""

from datetime import UTC, datetime, timedelta

import pytest

from services.billing.domain import batch
from services.billing.domain.batch import BatchState, BatchStep
from services.billing.domain.breaker import CLOSED, BreakerPolicy, after_failure
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.errors import ForbiddenBatchStep

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_batch_is_locked_and_sent() -> None:
    locked = batch.step(BatchState.PREVIEW, BatchStep.LOCK)
    assert batch.step(locked, BatchStep.DISPATCH) is BatchState.DISPATCHING


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (BatchState.LOCKED, BatchStep.LOCK),
        (BatchState.PREVIEW, BatchStep.DISPATCH),
        (BatchState.DISPATCHING, BatchStep.DISPATCH),
        (BatchState.DONE, BatchStep.UNLOCK),
        (BatchState.PARTLY_DONE, BatchStep.UNLOCK),
    ],
)
def test_other_steps_are_refused_with_both_names(state: BatchState, wanted: BatchStep) -> None:
    with pytest.raises(ForbiddenBatchStep) as refused:
        batch.step(state, wanted)
    assert refused.value.facts == {"state": state.value, "step": wanted.value}


@pytest.mark.parametrize(
    ("state", "returnable"),
    [
        (DispatchState.WAITING, True),
        (DispatchState.REJECTED, True),
        (DispatchState.SKIPPED, True),
        (DispatchState.SENDING, False),
        (DispatchState.UNCLEAR, False),
        (DispatchState.ACCEPTED, False),
    ],
)
def test_a_batch_is_unlocked_only_if_nothing_is_or_may_be_in_the_target(state: DispatchState, returnable: bool) -> None:
    assert batch.may_unlock([DispatchState.WAITING, state]) is returnable


def test_progress_follows_the_dispatches() -> None:
    s = DispatchState
    assert batch.progress(2, [s.WAITING, s.SENDING]) is BatchState.DISPATCHING
    assert batch.progress(2, [s.ACCEPTED, s.REJECTED]) is BatchState.PARTLY_DONE
    assert batch.progress(2, [s.ACCEPTED, s.SKIPPED]) is BatchState.DONE


def test_documents_cancelled_by_an_earlier_unlocking_do_not_count() -> None:
    s = DispatchState
    assert batch.progress(2, [s.SKIPPED, s.SKIPPED, s.WAITING, s.WAITING]) is BatchState.DISPATCHING


def test_the_breaker_opens_after_three_failures_and_stays_open_longer_each_time() -> None:
    policy, breaker, pauses = BreakerPolicy(failures=3, pause_s=15, longest_s=50), CLOSED, []
    for _ in range(6):
        breaker = after_failure(breaker, NOW, policy)
        pauses.append((breaker.open_until - NOW).total_seconds() if breaker.open_until else 0)
    assert pauses == [0, 0, 15, 30, 50, 50]
    assert breaker.is_open(NOW)
    assert not breaker.is_open(NOW + timedelta(seconds=50))


def test_a_pause_that_the_target_asks_for_is_kept_at_once() -> None:
    breaker = after_failure(CLOSED, NOW, BreakerPolicy(), retry_after_s=7)
    assert breaker.open_until == NOW + timedelta(seconds=7)
