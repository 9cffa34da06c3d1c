"""The whole suite in production mode for a test: own databases, own names on the broker, own sandbox."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika

from deploy.production import Production, ProductionSettings
from shared.bus.rabbitmq import connection_parameters
from shared.bus.topology import default_topology, remove
from shared.crypto import new_key_text
from tests.support.databases import service_databases
from tests.support.sandbox import SandboxProcess

SEPARATE_ROLES = (("relay",), ("consume",), ("jobs",))
"""Every part of a worker in a process of its own, so that each can die alone."""

SMALL = {"URAKKA_API_THREADS": "4", "URAKKA_CONSUMER_LANES": "2"}
"""Few threads, so that several suites find connections on one PostgreSQL server."""

IMPATIENT = {
    "URAKKA_DISPATCH_FIRST_LOOK_S": "2",
    "URAKKA_DISPATCH_LOOK_PAUSE_S": "1",
    "URAKKA_DISPATCH_LEASE_S": "5",
    "URAKKA_DISPATCH_RETRY_S": "0.5",
    "URAKKA_DISPATCH_BREAKER_S": "1",
}
"""The dispatcher's pauses for a target that answers within seconds; the defaults are for real ones."""

SHORT_TIMEOUTS = {"connect_timeout_s": 1, "read_timeout_s": 1}
"""Settings of a connection that go with `IMPATIENT`: an attempt's time-outs together are shorter than its lease."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A running suite and everything around it. `inspection_url` is that of the databases' admin."""

    production: Production
    sandbox: SandboxProcess
    database_url: str
    inspection_url: str
    log_folder: Path

    @property
    def base_url(self) -> str:
        """The gateway's address."""
        return self.production.base_url


@contextmanager
def running_suite(
    folder: Path,
    amqp_url: str,
    *,
    environment: Mapping[str, str] | None = None,
    worker_roles: Sequence[Sequence[str]] = SEPARATE_ROLES,
    runner: Sequence[str] = ("-m", "services.{service}"),
) -> Iterator[Suite]:
    """Give a suite that takes part in nobody else's: at the end processes, databases and queues are gone."""
    prefix = f"test-{secrets.token_hex(5)}."
    with service_databases() as databases, SandboxProcess() as sandbox:
        settings = ProductionSettings(
            database_url=databases.url,
            amqp_url=amqp_url,
            port=0,
            bus_prefix=prefix,
            log_folder=folder / "log",
            worker_roles=worker_roles,
            environment={"URAKKA_SECRET_KEY": new_key_text(), **SMALL, **IMPATIENT, **(environment or {})},
            runner=runner,
        )
        try:
            with Production(settings) as production:
                yield Suite(production, sandbox, databases.url, databases.admin_url, settings.log_folder)
        finally:
            _remove_names(amqp_url, prefix)


def log_lines(folder: Path, process: str) -> Iterator[dict[str, Any]]:
    """Yield what a process logged as JSON; what others wrote there (the interpreter, gunicorn) is left out."""
    for line in (folder / f"{process}.log").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("{"):
            with contextlib.suppress(ValueError):  # the last line of a process that was killed
                yield json.loads(line)


def _remove_names(amqp_url: str, prefix: str) -> None:
    connection = pika.BlockingConnection(connection_parameters(amqp_url, "test"))
    try:
        remove(connection, default_topology(), prefix)
    finally:
        connection.close()
