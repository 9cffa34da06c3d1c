"""The two ends of a measurement: clients that approve as fast as they can, and a look at what is accepted."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
from sqlalchemy.engine import make_url

CLIENTS = 4
_CALL_TIMEOUT_S = 60.0
_LOOK_EVERY_S = 0.02

_ACCEPTED = "SELECT count(*), max(finished_at) FROM dispatches WHERE state = 'accepted'"
_pause = threading.Event()


@dataclass(frozen=True, slots=True)
class Flow:
    """One saturated run: moments in seconds since the epoch, and how many orders it was."""

    orders: int
    first_approve_at: float
    last_approved_at: float
    last_accepted_at: float

    @property
    def orders_per_s(self) -> float:
        """Orders from the first call to the last acceptance, per second."""
        return self.orders / (self.last_accepted_at - self.first_approve_at)

    @property
    def approvals_per_s(self) -> float:
        """Approvals alone, per second, while the rest already runs."""
        return self.orders / (self.last_approved_at - self.first_approve_at)


class Approver:
    """One client with one connection that it keeps."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection(str(urlsplit(base_url).netloc), timeout=_CALL_TIMEOUT_S)
        self._headers = dict(headers)

    def approve(self, path: str) -> None:
        """POST; raises RuntimeError unless the answer is 200."""
        self._connection.request("POST", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def approve_all(base_url: str, paths: Sequence[str], headers: Mapping[str, str]) -> tuple[float, float]:
    """Approve everything with a few clients at once; returns when it began and ended, seconds since the epoch.

    Raises RuntimeError if any call fails.
    """
    left = iter(paths)
    lock = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        client = Approver(base_url, headers)
        try:
            while True:
                with lock:
                    path = next(left, None)
                if path is None or failures:
                    return
                client.approve(path)
        except BaseException as error:
            failures.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=work, name=f"client-{number}") for number in range(CLIENTS)]
    began = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError("an approval failed") from failures[0]
    return began, time.time()


@contextmanager
def looking_into(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Give a plain connection that sees all tenants; `database_url` is SQLAlchemy's."""
    with psycopg.connect(plain_address(database_url), autocommit=True) as connection:
        connection.execute("SELECT set_config('urakka.tenant_id', '*', false)")
        yield connection


def plain_address(database_url: str) -> str:
    """Return SQLAlchemy's address as psycopg takes it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def accepted(connection: psycopg.Connection[Any]) -> tuple[int, float]:
    """Return how many dispatches are accepted, and when the last one was, seconds since the epoch (0.0: never)."""
    row = connection.execute(_ACCEPTED).fetchone()
    assert row is not None
    return int(row[0]), row[1].timestamp() if row[1] else 0.0


def wait_until_accepted(
    connection: psycopg.Connection[Any], wanted: int, *, within_s: float, every_s: float = _LOOK_EVERY_S
) -> float:
    """Wait for the `wanted`-th acceptance; returns its moment as the dispatcher stored it, seconds since the epoch.

    Raises TimeoutError after `within_s`.
    """
    deadline = time.monotonic() + within_s
    while True:
        count, last_at = accepted(connection)
        if count >= wanted:
            return last_at
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} of {wanted} accepted within {within_s:.0f} s")
        _pause.wait(every_s)
