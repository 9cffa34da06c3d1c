"""Loops are kept alive, and stop when they are told."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shared.runtime import supervisor as module
from shared.runtime.supervisor import Supervisor
from shared.runtime.worker import _health_app
from shared.testing.waiting import eventually


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "_LONGEST_PAUSE_S", 0.04)


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Set at the end, so that no thread outlives its test."""
    event = threading.Event()
    yield event
    event.set()


def wait(stop: threading.Event) -> None:
    stop.wait(30)


def test_loops_run_until_they_are_stopped(stop: threading.Event) -> None:
    started = threading.Event()

    def loop(stop: threading.Event) -> None:
        started.set()
        wait(stop)

    supervisor = Supervisor([("a", loop), ("b", wait)], stop)
    supervisor.start()
    assert started.wait(10)
    stop.set()

    assert supervisor.join(10) == []
    assert supervisor.failing() == {}


def test_a_loop_that_fails_is_started_again(stop: threading.Event) -> None:
    runs: list[int] = []

    def loop(stop: threading.Event) -> None:
        runs.append(1)
        if len(runs) < 4:
            raise ConnectionError("broker away")
        wait(stop)

    supervisor = Supervisor([("relay", loop)], stop)
    supervisor.start()
    assert eventually(lambda: len(runs) == 4 and not supervisor.failing())
    stop.set()

    assert supervisor.join(10) == []


def test_a_loop_that_ends_by_itself_counts_as_failed(stop: threading.Event) -> None:
    supervisor = Supervisor([("relay", lambda _stop: None)], stop)
    supervisor.start()

    assert eventually(supervisor.failing) == {"relay": "RuntimeError"}
    stop.set()
    assert supervisor.join(10) == []


def test_one_failing_loop_leaves_the_others_alone(stop: threading.Event) -> None:
    runs: list[str] = []

    def healthy(stop: threading.Event) -> None:
        runs.append("healthy")
        wait(stop)

    def broken(_stop: threading.Event) -> None:
        runs.append("broken")
        raise ZeroDivisionError

    supervisor = Supervisor([("healthy", healthy), ("broken", broken)], stop)
    supervisor.start()
    assert eventually(lambda: runs.count("broken") >= 3)
    stop.set()

    assert supervisor.join(10) == []
    assert runs.count("healthy") == 1


def test_the_pause_grows_up_to_its_limit(stop: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float | None] = []
    monkeypatch.setattr(stop, "wait", lambda pause=None: pauses.append(pause) or len(pauses) >= 5 and stop.set())

    def broken(_stop: threading.Event) -> None:
        raise ZeroDivisionError

    supervisor = Supervisor([("broken", broken)], stop)
    supervisor.start()

    assert supervisor.join(10) == []
    assert pauses == [0.01, 0.02, 0.04, 0.04, 0.04]


def test_a_loop_that_does_not_stop_in_time_is_named(stop: threading.Event) -> None:
    release = threading.Event()
    supervisor = Supervisor([("deaf", lambda _stop: wait(release)), ("good", wait)], stop)
    supervisor.start()
    stop.set()
    try:
        assert supervisor.join(0.1) == ["deaf"]
    finally:
        release.set()
    assert supervisor.join(10) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_the_process_in_good_order(stop: threading.Event, number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    supervisor = Supervisor([("a", wait)], stop)
    try:
        supervisor.stop_on_signals()
        supervisor.start()
        signal.raise_signal(number)
        assert supervisor.join(10) == []
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_a_worker_with_a_failing_loop_is_alive_but_not_ready() -> None:
    supervisor = Supervisor([])
    client = _health_app("billing", supervisor, [], False).test_client()
    good = client.get("/readyz")
    supervisor._failing["relay"] = "ConnectionError"
    bad = client.get("/readyz")

    assert (good.status_code, good.json["status"]) == (200, "ok")
    assert (bad.status_code, bad.json["loops"]) == (503, {"relay": "ConnectionError"})
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(("consumes", "active", "status"), [(True, True, 200), (True, False, 503), (False, False, 200)])
def test_a_worker_that_shall_consume_is_ready_while_it_does(consumes: bool, active: bool, status: int) -> None:
    class Intake:
        """Stands in for the consumer of the broker."""

        def __init__(self) -> None:
            self.active = active

    intake: list[Any] = [Intake()]

    assert _health_app("billing", Supervisor([]), intake, consumes).test_client().get("/readyz").status_code == status
