"""Many are served at once, each by one thread at a time."""

from __future__ import annotations

import threading

from shared.testing.waiting import eventually
from shared.turns import Turns

_IN_TIME_S = 20


class Held:
    """A turn that lasts until it is let go."""

    def __init__(self, done: int = 1) -> None:
        self.begun, self.let_go, self._done = threading.Event(), threading.Event(), done

    def __call__(self) -> int:
        self.begun.set()
        assert self.let_go.wait(_IN_TIME_S)
        return self._done


def nothing() -> None:
    """Nobody looks again."""


def test_each_key_has_one_thread_and_there_are_no_more_threads_than_were_asked_for() -> None:
    first, second = Held(), Held()
    with Turns(2, "test", nothing) as turns:
        assert turns.start("a", first)
        assert not turns.start("a", second)
        assert turns.start("b", second)
        assert first.begun.wait(_IN_TIME_S)
        assert second.begun.wait(_IN_TIME_S)
        assert turns.busy == {"a", "b"}
        assert not turns.start("c", nothing_to_do)
        first.let_go.set()
        eventually(lambda: turns.start("c", nothing_to_do))
        second.let_go.set()
    assert turns.busy == frozenset()


def test_the_key_is_free_when_somebody_looks_again_after_a_turn_that_did_something() -> None:
    seen: list[frozenset[str]] = []
    turns = Turns(1, "test", lambda: seen.append(turns.busy))
    with turns:
        turns.start("a", lambda: 3)
        eventually(lambda: turns.start("b", nothing_to_do))
    assert seen == [frozenset()]


def _fail() -> int:
    raise RuntimeError("a slip")


def test_a_turn_that_fails_frees_its_key() -> None:
    with Turns(1, "test", nothing) as turns:
        assert turns.start("a", _fail)
        eventually(lambda: turns.start("a", nothing_to_do))


def nothing_to_do() -> int:
    return 0
