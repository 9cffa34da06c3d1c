"""Who wins when another system sends a field that was changed here: a policy for each field.

A conflict needs two changes: the value here differs from what the system sent last, and what it sends now differs from
that too. Without one, what is sent is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Winner(StrEnum):
    """Whose value is kept.

    theirs  what the other system sends is stored, always: it owns the field
    ours    what somebody wrote here stays; what nobody touched here follows the other system
    newest  whichever was changed last
    """

    THEIRS = "theirs"
    OURS = "ours"
    NEWEST = "newest"


class _Never:
    def __repr__(self) -> str:
        return "NEVER_SENT"


NEVER_SENT: Final = _Never()
"""In place of the last value that the other system sent, when it never sent the field."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who wins, by field name; `default` where nothing is said."""

    default: Winner = Winner.THEIRS
    fields: Mapping[str, Winner] = field(default_factory=dict)

    def of(self, name: str) -> Winner:
        """Return who wins for a field."""
        return self.fields.get(name, self.default)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same here and there; values as JSON has them.

    ours      the value here
    sent      what the other system sent the last time, or NEVER_SENT
    theirs    what it sends now
    """

    ours: Any
    sent: Any
    theirs: Any

    @property
    def changed_here(self) -> bool:
        """Say whether somebody wrote the value here; an empty field that was never sent is nobody's."""
        if self.sent is NEVER_SENT:
            return self.ours not in (None, "", [], {})
        return bool(self.ours != self.sent)

    @property
    def changed_there(self) -> bool:
        """Say whether the other system has something new."""
        return self.sent is NEVER_SENT or self.theirs != self.sent


def theirs_is_taken(
    winner: Winner, difference: Difference, *, there_at: datetime, here_at: Callable[[], datetime | None]
) -> bool:
    """Say whether the other system's value is stored.

    there_at  when it was changed there
    here_at   tells when the field was last changed here, None if nobody knows; asked only if it matters
    """
    if winner is Winner.THEIRS or not difference.changed_here:
        return True
    if winner is Winner.OURS or not difference.changed_there:
        return False
    moment = here_at()
    return moment is None or there_at > moment
