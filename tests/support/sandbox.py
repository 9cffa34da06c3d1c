"""The sandbox accounting systems in a process of their own."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from deploy.demo.targets import DemoTarget, netvisor_target, procountor_target
from shared.testing.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0


class SandboxProcess:
    """`python -m deploy.sandbox` on a free port; starts on entering, stops on leaving."""

    def __init__(self) -> None:
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.sandbox", "--port", "0", "--no-seed"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        threading.Thread(target=self._read_greeting, name="sandbox greeting", daemon=True).start()
        try:
            eventually(lambda: self.url, timeout_s=_START_TIMEOUT_S)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def netvisor(self, **settings: Any) -> DemoTarget:
        """Make a company in the simulated Netvisor; `settings` go before the connection's usual ones."""
        return _with(netvisor_target({}, self.url, self.url), settings)

    def procountor(self, **settings: Any) -> DemoTarget:
        """Make a company in the simulated Procountor; `settings` go before the connection's usual ones."""
        return _with(procountor_target({}, self.url, self.url), settings)

    def _read_greeting(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.match(r"Admin:\s+(\S+)/sandbox", line)
            if found:
                self.url = found[1]

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_TIMEOUT_S)


def break_company(target: DemoTarget, **fault: Any) -> None:
    """Put a fault in force for a sandbox company (see `deploy/sandbox/faults.py`)."""
    requests.post(f"{_company_url(target)}/faults", json=fault, timeout=10).raise_for_status()


def slow_down(target: DemoTarget, latency_s: float) -> None:
    """Let every call to a sandbox company take this long."""
    answer = requests.patch(f"{_company_url(target)}/settings", json={"latency_s": latency_s}, timeout=10)
    answer.raise_for_status()


def spoiled_calls(target: DemoTarget) -> int:
    """Return how many calls the company's faults have spoiled so far."""
    answer = requests.get(f"{_company_url(target)}/faults", timeout=10)
    answer.raise_for_status()
    return sum(int(fault["spoiled"]) for fault in answer.json()["faults"])


def _company_url(target: DemoTarget) -> str:
    assert target.books_url is not None
    return target.books_url.removesuffix("/books")


def _with(target: DemoTarget, settings: dict[str, Any]) -> DemoTarget:
    return DemoTarget(target.kind, {**target.settings, **settings}, target.secrets, target.books_url)
