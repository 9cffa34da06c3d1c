"""A time limit over several calls.

A dispatch has a lease, and one `send` may need a token, a POST, a renewed token and the POST again: each
within its time-outs, yet together too long. The limit travels with the context instead of through every
signature.
"""

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from math import inf

_END: ContextVar[float] = ContextVar("end of the time limit, monotonic seconds", default=inf)


@contextlib.contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Calls inside the block must end within `limit_s`, or earlier if an outer limit says so."""
    token = _END.set(min(_END.get(), time.monotonic() + limit_s))
    try:
        yield
    finally:
        _END.reset(token)


def remaining_s() -> float:
    """Seconds left of the innermost limit; infinite without one, never negative."""
    return max(_END.get() - time.monotonic(), 0.0)
