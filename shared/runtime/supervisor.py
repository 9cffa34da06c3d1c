"""Keeping the loops of a worker process alive, and stopping them in good order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.telemetry import get_logger

log = get_logger("worker")

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_HEALTHY_AFTER_S = 60.0

Loop = Callable[[threading.Event], None]


@dataclass(slots=True)
class Supervisor:
    """Runs loops in threads of their own; a loop that fails is started again after a growing pause.

    loops  (name, loop) in the order in which they are stopped
    """

    loops: Sequence[tuple[str, Loop]]
    stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _failing: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start a thread for each loop."""
        for name, loop in self.loops:
            thread = threading.Thread(target=self._keep_running, args=(name, loop), name=name)
            self._threads.append(thread)
            thread.start()

    def join(self, timeout_s: float = 20.0) -> list[str]:
        """Wait for the loops to end after `stop` was set; returns the names of those that did not."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def failing(self) -> dict[str, str]:
        """Return the loops that failed and wait to be started again, each with the kind of its last error."""
        return dict(self._failing)

    def stop_on_signals(self) -> None:
        """Set `stop` at SIGTERM and SIGINT; only from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.stop.set())

    def _keep_running(self, name: str, loop: Loop) -> None:
        pause = _FIRST_PAUSE_S
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                loop(self.stop)
                if self.stop.is_set():
                    return
                raise RuntimeError("the loop ended by itself")
            except Exception as error:  # the outer edge of a thread: it is logged and started again
                self._failing[name] = type(error).__name__
                log.error("worker.loop_failed", loop=name, exc_info=error)
            if time.monotonic() - started >= _HEALTHY_AFTER_S:
                pause = _FIRST_PAUSE_S
            self.stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
            self._failing.pop(name, None)
