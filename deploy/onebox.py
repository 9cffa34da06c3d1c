"""The whole suite in one process: SQLite, the in-process bus, one port, and no server to install.

The same services, handlers, outbox and inbox as in production; only the pipe, the store and the gateway differ.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from deploy.gateway_wsgi import Gateway
from deploy.http_server import HttpServer
from deploy.local_snapshots import LocalSnapshots
from deploy.sandbox import create_sandbox
from deploy.suite import SERVICES, definition_of
from shared.bus import runtime as bus
from shared.bus.consumer import Consumer
from shared.bus.local import LocalBus
from shared.bus.wakeup import LocalWakeup
from shared.config import BadConfiguration, Config, read_config
from shared.crypto import new_key_text
from shared.db import migrate
from shared.http import create_app
from shared.runtime.build import build_runtime
from shared.runtime.supervisor import Loop, Supervisor
from shared.service import Runtime


@dataclass(frozen=True, slots=True)
class OneBoxSettings:
    """Where the one-box keeps its data and on which address it listens (port 0: any free one)."""

    folder: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    environment: Mapping[str, str] = field(default_factory=dict)


class OneBox:
    """The running suite. `with OneBox(settings) as box:` starts and stops it."""

    def __init__(self, settings: OneBoxSettings) -> None:
        self._settings = settings
        self._secrets = _own_secrets(settings.folder)
        self._wakeups: list[LocalWakeup] = []
        self._runtimes: dict[str, Runtime] = {}
        self._bus = LocalBus()
        self._server: HttpServer | None = None
        self._lock: IO[str] | None = None
        self.supervisor = Supervisor([])

    @property
    def base_url(self) -> str:
        """The address of the gateway, once it is started."""
        assert self._server is not None
        return self._server.base_url

    @property
    def provisioning_key(self) -> str:
        """The key with which tenants are created."""
        return self._secrets["provisioning_key"]

    @property
    def runtimes(self) -> Mapping[str, Runtime]:
        """The services' parts by name, for the command line."""
        return self._runtimes

    def __enter__(self) -> OneBox:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def prepare(self) -> None:
        """Wire all services and migrate their databases; starts nothing. Enough for commands on the data.

        Raises BadConfiguration if another process uses the folder: each would run its own half of the suite.
        """
        self._lock = lock_folder(self._settings.folder)
        for name in SERVICES:
            definition = definition_of(name)
            wakeup = LocalWakeup()
            self._wakeups.append(wakeup)
            runtime = build_runtime(definition, self._config(name), wakeup=wakeup, fetch_keys=self._key_set)
            migrate.upgrade(runtime.database.engine, name)
            self._runtimes[name] = runtime

    def start(self) -> None:
        """Start everything; returns when the address answers."""
        self.prepare()
        for name, runtime in self._runtimes.items():
            definition_of(name).take_over(runtime)  # the folder is locked, so whoever held anything is gone
        gateway = Gateway({name: create_app(definition_of(name), runtime) for name, runtime in self._runtimes.items()})
        gateway.mount_sandbox(create_sandbox())
        self._server = HttpServer(gateway, host=self._settings.host, port=self._settings.port)
        self.supervisor = Supervisor(self._loops())
        self.supervisor.start()
        self._server.start()

    def stop(self) -> None:
        """Stop intake, then the loops, then close the databases."""
        if self._server is not None:
            self._server.stop()
        self.supervisor.stop.set()
        for wakeup in self._wakeups:
            wakeup.close()
        self.supervisor.join()
        for runtime in self._runtimes.values():
            runtime.database.engine.dispose()
        if self._lock is not None:
            self._lock.close()

    def _loops(self) -> list[tuple[str, Loop]]:
        loops: list[tuple[str, Loop]] = []
        for name, runtime in self._runtimes.items():
            definition = definition_of(name)
            consumers = definition.consumers(runtime)
            if consumers:
                loops.append((f"{name} consumers", partial(self._consume, runtime, consumers)))
                loops.append(
                    (
                        f"{name} retries",
                        partial(bus.run_retries, database=runtime.database, consumers=consumers, wakeup=runtime.wakeup),
                    )
                )
            loops.extend((f"{name} {job.name}", job.run) for job in definition.jobs(runtime))
            loops.append((f"{name} relay", partial(self._relay, name, runtime)))
        return loops

    def _consume(self, runtime: Runtime, consumers: Sequence[Consumer], stop: threading.Event) -> None:
        bus.attach_consumers(
            stop,
            bus=self._bus,
            database=runtime.database,
            consumers=consumers,
            snapshots=LocalSnapshots(self._runtimes),
        )
        stop.wait()
        for consumer in consumers:
            self._bus.detach(consumer.name)

    def _relay(self, name: str, runtime: Runtime, stop: threading.Event) -> None:
        publisher = self._bus.publisher(name)
        bus.run_relay(stop, database=runtime.database, service=name, wakeup=runtime.wakeup, publisher=publisher)

    def _key_set(self) -> Mapping[str, Any]:
        key_set = definition_of("identity").key_set
        assert key_set is not None
        return key_set(self._runtimes["identity"])

    def _config(self, service: str) -> Config:
        environment = {
            **os.environ,
            **self._settings.environment,
            "URAKKA_DATABASE_URL": f"sqlite:///{self._settings.folder}/{{service}}.sqlite",
            "URAKKA_AMQP_URL": "",
            "URAKKA_SECRET_KEY": self._secrets["secret_key"],
            "URAKKA_PROVISIONING_KEY": self._secrets["provisioning_key"],
            "URAKKA_SERVICE_TOKEN": self._secrets["service_token"],
        }
        return read_config(service, environment)


def lock_folder(folder: Path) -> IO[str]:
    """Take the folder for this process until the returned file is closed; raises BadConfiguration if it is taken."""
    file = (folder / "onebox.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise BadConfiguration(f"another Urakka is running on {folder}; stop it, or give another --folder") from None
    return file


def _own_secrets(folder: Path) -> dict[str, str]:
    """Return the secrets of this installation; makes them at the first start, readable only by the owner."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(f"{folder} cannot be used as the data folder: {error.strerror}") from None
    path = folder / "onebox-secrets.json"
    if path.exists():
        known: dict[str, str] = json.loads(path.read_text())
        return known
    made = {
        "secret_key": new_key_text(),
        "provisioning_key": secrets.token_urlsafe(24),
        "service_token": secrets.token_urlsafe(24),
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file, indent=2)
    return made
