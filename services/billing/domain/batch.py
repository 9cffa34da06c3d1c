"""Billing batches: which steps a batch may take, and what its documents make of it."""

from collections.abc import Iterable
from enum import StrEnum

from services.billing.domain.dispatch import DispatchState
from services.billing.domain.errors import ForbiddenBatchStep


class BatchState(StrEnum):
    """preview → locked → dispatching → partly_done → done (domain sheet, section 3)."""

    PREVIEW = "preview"
    LOCKED = "locked"
    DISPATCHING = "dispatching"
    PARTLY_DONE = "partly_done"
    DONE = "done"


class BatchStep(StrEnum):
    """What a biller can do with a batch."""

    LOCK = "lock"
    UNLOCK = "unlock"
    DISPATCH = "dispatch"


_STEPS: dict[tuple[BatchState, BatchStep], BatchState] = {
    (BatchState.PREVIEW, BatchStep.LOCK): BatchState.LOCKED,
    (BatchState.LOCKED, BatchStep.UNLOCK): BatchState.PREVIEW,
    (BatchState.LOCKED, BatchStep.DISPATCH): BatchState.DISPATCHING,
    # Still allowed while nothing is on the wire or accepted; the caller checks that (`may_unlock`).
    (BatchState.DISPATCHING, BatchStep.UNLOCK): BatchState.PREVIEW,
}

_RETURNABLE = frozenset({DispatchState.WAITING, DispatchState.REJECTED, DispatchState.SKIPPED})
_OVER = frozenset({DispatchState.ACCEPTED, DispatchState.SKIPPED, DispatchState.REVERSED})


def step(state: BatchState, wanted: BatchStep) -> BatchState:
    """Return the state after `wanted`; raises ForbiddenBatchStep naming both."""
    try:
        return _STEPS[(state, wanted)]
    except KeyError:
        raise ForbiddenBatchStep(
            f"A batch in state {state} cannot {wanted}.", state=str(state), step=str(wanted)
        ) from None


def may_unlock(dispatches: Iterable[DispatchState]) -> bool:
    """Say whether no document of the batch is accepted or may be: then its rows can return to the pool."""
    return all(state in _RETURNABLE for state in dispatches)


def progress(document_count: int, dispatches: Iterable[DispatchState]) -> BatchState:
    """Return the state of a batch whose documents are being sent.

    document_count  documents of the batch when it was locked.
    dispatches      of all documents that ever were in it: those cancelled by an unlocking are skipped, hence over.
    """
    over = document_count - sum(1 for state in dispatches if state not in _OVER)
    if over >= document_count:
        return BatchState.DONE
    return BatchState.PARTLY_DONE if over else BatchState.DISPATCHING
