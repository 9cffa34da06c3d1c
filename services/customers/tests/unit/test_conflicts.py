"""Who wins when a field was changed here and there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.customers.domain.conflicts import NEVER_SENT, Difference, Winner, theirs_is_taken

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_BEFORE, _AFTER = _NOW - timedelta(hours=1), _NOW + timedelta(hours=1)

NOBODY_HERE = Difference(ours="a", sent="a", theirs="b")
BOTH = Difference(ours="x", sent="a", theirs="b")
ONLY_HERE = Difference(ours="x", sent="a", theirs="a")
FILLED_BEFORE = Difference(ours="x", sent=NEVER_SENT, theirs="b")
EMPTY_BEFORE = Difference(ours=None, sent=NEVER_SENT, theirs="b")


@pytest.mark.parametrize(
    ("winner", "difference", "here_at", "taken"),
    [
        (Winner.THEIRS, NOBODY_HERE, _AFTER, True),
        (Winner.THEIRS, BOTH, _AFTER, True),
        (Winner.THEIRS, ONLY_HERE, _AFTER, True),
        (Winner.OURS, NOBODY_HERE, _AFTER, True),
        (Winner.OURS, BOTH, _BEFORE, False),
        (Winner.OURS, ONLY_HERE, _BEFORE, False),
        (Winner.OURS, FILLED_BEFORE, _BEFORE, False),
        (Winner.OURS, EMPTY_BEFORE, _AFTER, True),
        (Winner.NEWEST, NOBODY_HERE, _AFTER, True),
        (Winner.NEWEST, BOTH, _BEFORE, True),
        (Winner.NEWEST, BOTH, _AFTER, False),
        (Winner.NEWEST, BOTH, None, True),
        (Winner.NEWEST, ONLY_HERE, _BEFORE, False),
        (Winner.NEWEST, FILLED_BEFORE, _AFTER, False),
    ],
)
def test_the_policy_decides(winner: Winner, difference: Difference, here_at: datetime | None, *, taken: bool) -> None:
    assert theirs_is_taken(winner, difference, there_at=_NOW, here_at=lambda: here_at) is taken
