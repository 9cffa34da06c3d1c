"""Serving many in parallel, and each of them by one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from shared.telemetry import get_logger

log = get_logger("turns")


class Turns:
    """A few threads; each serves one key at a time, e.g. a receiver, and no two the same.

    Used as a context manager; its end waits for the turns that have begun.
    """

    def __init__(self, workers: int, name: str, look_again: Callable[[], None]) -> None:
        """Make room for `workers` turns at once.

        name        of their threads
        look_again  called after a turn that did something: there may be more to do, and its key is free by then
        """
        self._workers, self._name, self._look_again = workers, name, look_again
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()

    @property
    def busy(self) -> frozenset[str]:
        """The keys that are served now."""
        with self._lock:
            return frozenset(self._busy)

    def start(self, key: str, turn: Callable[[], int]) -> bool:
        """Let a thread do `turn` for `key`; False if it is being served already, or no thread is free.

        turn  returns how much it did; 0: nothing
        """
        with self._lock:
            if key in self._busy or len(self._busy) >= self._workers:
                return False
            self._busy.add(key)
        self._pool.submit(self._take, key, turn)
        return True

    def _take(self, key: str, turn: Callable[[], int]) -> None:
        done = 0
        try:
            done = turn()
        except Exception as error:  # the outer edge of the thread: nobody else would see it
            log.error("turns.failed", turns=self._name, key=key, exc_info=error)
        finally:
            with self._lock:
                self._busy.discard(key)
        if done:
            self._look_again()
