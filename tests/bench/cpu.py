"""How much processor time processes used between two moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import psutil


class Cpu:
    """`with Cpu({"name": pid}) as cpu: …; cpu.stop()`: `seconds` of user and system time by name, children included.

    Beside the named ones: `postgres`, `rabbitmq` (processes of these names on this machine) and `machine` (all).
    """

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = dict(processes)
        self._before: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._before = self._read()
        return self

    def __exit__(self, *_error: object) -> None:
        if not self.seconds:
            self.stop()

    def stop(self) -> None:
        """Take the second reading."""
        now = self._read()
        self.seconds = {name: round(now[name] - self._before.get(name, 0.0), 2) for name in now}

    def _read(self) -> dict[str, float]:
        found = {name: _used(pid) for name, pid in self._processes.items()}
        found["postgres"] = _used_by_name("postgres")
        found["rabbitmq"] = _used_by_name("beam.smp")
        machine = psutil.cpu_times()
        found["machine"] = machine.user + machine.system
        return found


def _used(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        return sum(_own(each) for each in (process, *process.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0.0


def _used_by_name(name: str) -> float:
    return sum(_own(each) for each in psutil.process_iter(["name"]) if each.info["name"] == name)


def _own(process: psutil.Process) -> float:
    """Own time, with that of children that have ended (PostgreSQL's backends of closed connections)."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
