"""Named places where a test may let the process die, to show that nothing is lost there.

In production nothing is armed and `reach` costs one look into an empty dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

AFTER_PUBLISH = "relay.after_publish"
"""The broker has confirmed a batch, the outbox does not know it yet."""
AFTER_COMMIT = "consumer.after_commit"
"""The event's effect is committed, the broker does not know it yet."""
BEFORE_COMMIT = "consumer.before_commit"
"""The handler has run, nothing is committed."""

_armed: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Run what is armed at `name`, if anything."""
    action = _armed.get(name)
    if action is not None:
        action()


@contextmanager
def armed(name: str, action: Callable[[], None]) -> Iterator[None]:
    """Run `action` whenever `name` is reached inside the block."""
    _armed[name] = action
    try:
        yield
    finally:
        _armed.pop(name, None)
