"""The states of an import that runs as a job."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class JobState(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    READING = "reading"
    CHECKING = "checking"
    WRITING = "writing"
    READY = "ready"
    """A dry run has ended: the report is there, and nothing was written."""
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


RUNNING: Final = (JobState.WAITING, JobState.READING, JobState.CHECKING, JobState.WRITING)
"""States in which there is still something to do."""
_BEGUN: Final = {JobState.WAITING: 0, JobState.READING: 5, JobState.CHECKING: 20, JobState.WRITING: 30}
"""State → per cent that are done when it begins; for a dry run the check is the rest."""
_CHECKED_HALF: Final = 50


def percent_done(state: JobState, rows_done: int, rows_total: int, *, is_dry_run: bool) -> int:
    """Return how much is done, from 0 to 100."""
    if state not in RUNNING:
        return 100
    if is_dry_run and state is JobState.CHECKING:
        return _CHECKED_HALF
    begun = _BEGUN[state]
    if state is JobState.WRITING and rows_total:
        return min(99, begun + (100 - begun) * rows_done // rows_total)
    return begun
