"""Ends processes without a word, at random moments from a seed, as out-of-memory killers and power cuts do."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import psutil
import requests

from tests.support.suite import Suite, log_lines

_PAUSE_S = (0.1, 0.9)
_READY_TIMEOUT_S = 1.0


class Killer:
    """SIGKILLs processes of a running suite, one after the other, until it has killed `count`.

    Only those that are at work: killing what still starts would try nothing but starting.

    names     of the processes as `Production` calls them; every one has its turn before any has a second one. Of an
              API it is the master or a worker process
    released  called after each kill, so that the load goes on in step with the kills
    """

    def __init__(
        self,
        suite: Suite,
        names: Sequence[str],
        *,
        count: int,
        chance: random.Random,
        released: Callable[[int], None],
    ) -> None:
        self._suite = suite
        self._names = names
        self._count = count
        self._chance = chance
        self._released = released
        self._round: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")
        self.kills: Counter[str] = Counter()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Kill no more; returns when the thread has ended."""
        self._stop.set()
        self._thread.join(30)

    @property
    def is_done(self) -> bool:
        """Whether it has killed as many as it should."""
        return self.kills.total() >= self._count

    def _run(self) -> None:
        while not self.is_done and not self._stop.wait(self._chance.uniform(*_PAUSE_S)):
            if not self._round:
                self._round = self._chance.sample(self._names, len(self._names))
            name = self._round.pop()
            pid = self._suite.production.processes(name).get(name)
            if pid is not None and self._is_at_work(name) and self._kill(name, pid):
                self.kills[name] += 1
                self._released(self.kills.total())
            else:
                self._round.insert(0, name)

    def _is_at_work(self, name: str) -> bool:
        """Whether an API is ready, or a worker has said once more that it started than it was killed."""
        service, role = name.split("-")
        if role != "api":
            starts = sum(line["event"] == "worker.started" for line in log_lines(self._suite.log_folder, name))
            return starts > self.kills[name]
        address = self._suite.production.addresses[service]
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{address}/readyz", timeout=_READY_TIMEOUT_S).status_code == 200
        return False

    def _kill(self, name: str, pid: int) -> bool:
        victim = pid
        if name.endswith("-api") and self._chance.random() < 0.5:
            workers = _children(pid)
            if not workers:
                return False
            victim = self._chance.choice(workers)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            return True
        return False


def _children(pid: int) -> list[int]:
    try:
        return sorted(child.pid for child in psutil.Process(pid).children())
    except psutil.NoSuchProcess:
        return []
