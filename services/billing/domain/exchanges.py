"""What was said on the wire during a call of a target, kept for people who must find out what happened.

The transport notes each exchange, already without credentials in its headers; whoever makes the call collects them. In
between stands only this module, so that no outcome and no adapter has to carry them through.
"""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    request_headers, answer_headers  only harmless ones have their value, others are `***`.
    request_body, answer_body        text, perhaps cut; None if there was none.
    status                           None if no whole answer came; `fault` then says why.
    ms                               from the request to the answer, milliseconds.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str | None
    status: int | None
    answer_headers: Mapping[str, str]
    answer_body: str | None
    fault: str | None
    ms: float


_NOTED: ContextVar[list[Exchange] | None] = ContextVar("exchanges of this call", default=None)


@contextlib.contextmanager
def collected() -> Iterator[list[Exchange]]:
    """Collect what is noted inside the block, in order; an inner block takes its own."""
    exchanges: list[Exchange] = []
    token = _NOTED.set(exchanges)
    try:
        yield exchanges
    finally:
        _NOTED.reset(token)


def is_collecting() -> bool:
    """Say whether somebody wants exchanges: noting costs a copy of the bodies."""
    return _NOTED.get() is not None


def note(exchange: Exchange) -> None:
    """Keep an exchange for whoever collects; nothing if nobody does."""
    exchanges = _NOTED.get()
    if exchanges is not None:
        exchanges.append(exchange)
