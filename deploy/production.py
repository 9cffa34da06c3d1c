"""`urakka up --production`: every service as separate API and worker processes on PostgreSQL and RabbitMQ.

This is what containers do, on one machine and without them. Each process is started again when it dies.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import requests

from deploy.gateway_proxy import ProxyGateway
from deploy.http_server import HttpServer
from deploy.suite import SERVICES
from shared.config import BadConfiguration
from shared.crypto import new_key_text
from shared.telemetry import get_logger

log = get_logger("production")

_READY_WITHIN_S = 120.0
_STOP_WITHIN_S = 25.0
_HEALTHY_AFTER_S = 30.0
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class ProductionSettings:
    """How the processes are laid out.

    database_url  with the placeholder `{service}`: one database for each service
    worker_roles  the parts of a service's worker process; one process for each entry
    api_workers   gunicorn worker processes of each API
    environment   more variables for every process
    runner        what the interpreter is given to run a service; tests put in one that dies where they want
    """

    database_url: str
    amqp_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    bus_prefix: str = ""
    log_folder: Path = Path("var/log")
    worker_roles: Sequence[Sequence[str]] = (("relay", "consume", "jobs"),)
    api_workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    runner: Sequence[str] = ("-m", "services.{service}")


@dataclass(slots=True)
class _Child:
    """One process that has to run."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    next_start: float = 0.0

    def ended(self, now: float) -> None:
        """Plan the next start: at once-ish after a healthy time, later and later for one that keeps dying."""
        self.failures = 1 if now - self.started_at >= _HEALTHY_AFTER_S else self.failures + 1
        self.next_start = now + min(0.2 * 2**self.failures, 5.0)


class Production:
    """The running processes. `with Production(settings) as suite:` starts and stops them."""

    def __init__(self, settings: ProductionSettings) -> None:
        """Raises BadConfiguration unless each service gets a database of its own."""
        if "{service}" not in settings.database_url:
            raise BadConfiguration("URAKKA_DATABASE_URL: production needs {service} in it, one database for each")
        self._settings = settings
        self._ports = {name: _free_port() for name in SERVICES}
        self._environment = self._make_environment()
        self._children: list[_Child] = []
        self._logs: dict[str, IO[bytes]] = {}
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep_running, name="keeper")
        self._gateway = HttpServer(ProxyGateway(self.addresses), host=settings.host, port=settings.port)

    @property
    def base_url(self) -> str:
        """The gateway's address."""
        return self._gateway.base_url

    @property
    def addresses(self) -> dict[str, str]:
        """Each service's own address."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()}

    @property
    def provisioning_key(self) -> str:
        """The key with which tenants are created."""
        return self._environment["URAKKA_PROVISIONING_KEY"]

    def processes(self, pattern: str = "") -> dict[str, int]:
        """Return name → pid of the running processes whose name contains `pattern`; tests kill some of them."""
        return {
            child.name: child.process.pid
            for child in self._children
            if pattern in child.name and child.process is not None and child.process.poll() is None
        }

    def __enter__(self) -> Production:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Migrate, declare the topology, start all processes, and return when every API is ready.

        Raises RuntimeError, with the log's place, when something does not come up in time.
        """
        self._settings.log_folder.mkdir(parents=True, exist_ok=True)
        for name in SERVICES:
            self._run_once(name, "migrate")
        self._run_once("billing", "topology")
        self._children = [child for name in SERVICES for child in self._children_of(name)]
        self._keeper.start()
        self._gateway.start()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the gateway, then all processes: SIGTERM, after 25 s SIGKILL."""
        self._stop.set()
        self._gateway.stop()
        if self._keeper.is_alive():
            self._keeper.join(10)
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_WITHIN_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for file in self._logs.values():
            file.close()

    def _make_environment(self) -> dict[str, str]:
        settings = self._settings
        own = {
            "URAKKA_DATABASE_URL": settings.database_url,
            "URAKKA_AMQP_URL": settings.amqp_url,
            "URAKKA_BUS_PREFIX": settings.bus_prefix,
            "URAKKA_JWKS_URL": f"http://127.0.0.1:{self._ports['identity']}/.well-known/jwks.json",
            "URAKKA_API_WORKERS": str(settings.api_workers),
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        given = {**os.environ, **settings.environment}
        defaults = {
            "URAKKA_SECRET_KEY": new_key_text(),
            "URAKKA_PROVISIONING_KEY": secrets.token_urlsafe(24),
            "URAKKA_SERVICE_TOKEN": secrets.token_urlsafe(24),
        }
        return {**defaults, **given, **own}

    def _children_of(self, name: str) -> list[_Child]:
        base = [sys.executable, *(part.format(service=name) for part in self._settings.runner)]
        bind = {"URAKKA_BIND": f"127.0.0.1:{self._ports[name]}"}
        snapshots = {f"URAKKA_SNAPSHOT_URL_{other.upper()}": address for other, address in self.addresses.items()}
        environment = {**self._environment, **snapshots}
        children = [_Child(f"{name}-api", [*base, "api"], {**environment, **bind})]
        for roles in self._settings.worker_roles:
            options = [option for role in roles for option in ("--only", role)]
            label = "worker" if len(self._settings.worker_roles) == 1 else "+".join(roles)
            if _has_work(name, roles):
                children.append(_Child(f"{name}-{label}", [*base, "worker", *options], environment))
        return children

    def _run_once(self, name: str, command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", f"services.{name}", command],
            cwd=_ROOT,
            env=self._environment,
            capture_output=True,
            timeout=90,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{name} {command} failed: {done.stderr.decode(errors='replace')[-2000:]}")

    def _keep_running(self) -> None:
        while not self._stop.wait(0.1):
            for child in self._children:
                if child.process is not None and child.process.poll() is None:
                    continue
                now = time.monotonic()
                if child.process is not None and child.next_start == 0.0:
                    log.warning("production.process_ended", process=child.name, status=child.process.returncode)
                    child.ended(now)
                if now >= child.next_start:
                    self._start_child(child)

    def _start_child(self, child: _Child) -> None:
        file = self._logs.get(child.name)
        if file is None:
            file = self._logs[child.name] = (self._settings.log_folder / f"{child.name}.log").open("ab")
        child.next_start = 0.0
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            child.command, cwd=_ROOT, env=child.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        waiting = set(SERVICES)
        while waiting:
            for name in sorted(waiting):
                if _is_ready(self.addresses[name]):
                    waiting.discard(name)
            if waiting and time.monotonic() > deadline:
                raise RuntimeError(f"not ready: {', '.join(sorted(waiting))}\n{self._last_words(waiting)}")
            self._stop.wait(0.1)

    def _last_words(self, services: Collection[str]) -> str:
        """Return the ends of the logs of services that did not come up."""
        tails = []
        for name in sorted(services):
            path = self._settings.log_folder / f"{name}-api.log"
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else "(no log)"
            tails.append(f"--- {path}\n{text[-1500:]}")
        return "\n".join(tails)


def _has_work(name: str, roles: Sequence[str]) -> bool:
    """Say whether a service has anything to do in these roles: not every service consumes or has jobs."""
    consumes = {"customers", "catalog", "workorders", "billing"}
    has_jobs = {"billing", "customers", "catalog"}
    return "relay" in roles or ("consume" in roles and name in consumes) or ("jobs" in roles and name in has_jobs)


def _is_ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
