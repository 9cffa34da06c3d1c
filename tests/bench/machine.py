"""On what and with which versions the figures were taken."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from shared.testing.servers import broker_connection, database_server
from tests.bench.approvals import plain_address

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("SQLAlchemy", "psycopg", "pika", "Flask", "gunicorn")


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts beside the figures. `load_before`: 1, 5 and 15 minutes; on a busy machine figures mean little.

    commit  short hash of what was measured, with `+` if files were changed since
    """

    measured_at: str
    commit: str
    cores: int
    cpu: str
    memory_gib: float
    system: str
    python: str
    postgresql: str
    rabbitmq: str
    libraries: dict[str, str]
    load_before: tuple[float, float, float]


def look_at_machine() -> Machine:
    """Ask the machine, the repository and both servers."""
    return Machine(
        measured_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        commit=_commit(),
        cores=len(os.sched_getaffinity(0)),
        cpu=_cpu(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgresql=_postgresql(),
        rabbitmq=_rabbitmq(),
        libraries={name: version(name) for name in _LIBRARIES},
        load_before=tuple(round(load, 2) for load in os.getloadavg()),  # type: ignore[arg-type]  # always three
    )


def _commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "shared", "services", "deploy", "tests")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _postgresql() -> str:
    with psycopg.connect(plain_address(database_server())) as connection:
        row = connection.execute("SHOW server_version").fetchone()
        settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert row is not None
    durable = ", ".join(
        f"{name} {found[0]}" for name, found in zip(("fsync", "commit"), settings, strict=True) if found
    )
    return f"{row[0].split()[0]} ({durable})"


def _rabbitmq() -> str:
    with broker_connection() as connection:
        properties = connection._impl.server_properties
        return str(properties.get("version", "unknown"))
