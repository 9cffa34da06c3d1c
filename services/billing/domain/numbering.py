"""The port to a connection's own series of invoice numbers, for targets that number nothing themselves.

It lives in the domain for the same reason as `target`: use cases implement it, adapters call it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class IssuedNumber:
    """A number of the series and when it was given out (aware, UTC). Neither ever changes."""

    number: int
    issued_at: datetime


@runtime_checkable
class NumberSeries(Protocol):
    """A gapless series: first, first + 1, first + 2, … each for exactly one document.

    A document that is skipped after it got its number keeps it: the number is then void, and on record as such.
    Source: AVL 209 e § asks for a sequential identifier from one or more series.
    """

    def number_for(self, document_key: str, *, first: int) -> IssuedNumber:
        """Give the document its number, or the one that it has had since the first call.

        first  where the series begins (or continues, if it is above all numbers so far).
        """
