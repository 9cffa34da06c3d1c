"""Many processes on one machine: each has its own place, and is started again when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.production import Production, ProductionSettings, _Child, _has_work
from deploy.suite import SERVICES, definition_of
from shared.bus.wakeup import LocalWakeup
from shared.config import BadConfiguration, read_config
from shared.crypto import new_key_text
from shared.runtime.build import build_runtime
from shared.testing.waiting import eventually

ROOT = Path(__file__).parents[2]
SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
DEAF = [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True);"
        " [signal.pause() for _ in iter(int, 1)]"]  # fmt: skip


def settings(folder: Path, **changes: object) -> ProductionSettings:
    values: dict[str, object] = {
        "database_url": "postgresql+psycopg://hunter2@127.0.0.1:1/{service}",
        "amqp_url": "amqp://hunter2@127.0.0.1:1/",
        "port": 0,
        "log_folder": folder / "log",
        **changes,
    }
    return ProductionSettings(**values)  # type: ignore[arg-type]


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Production]:
    """The suite before its start: the tests give it processes of their own."""
    (tmp_path / "log").mkdir()
    made = Production(settings(tmp_path))
    yield made
    made.stop()


def test_services_do_not_share_a_database(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="{service}"):
        Production(settings(tmp_path, database_url="postgresql+psycopg://127.0.0.1/urakka"))


def test_every_service_has_an_api_process_at_a_port_of_its_own(suite: Production) -> None:
    children = [child for name in SERVICES for child in suite._children_of(name)]
    apis = [child for child in children if child.name.endswith("-api")]

    assert [child.name for child in apis] == [f"{name}-api" for name in SERVICES]
    assert len({child.environment["URAKKA_BIND"] for child in apis}) == len(SERVICES)
    assert {f"http://{child.environment['URAKKA_BIND']}" for child in apis} == set(suite.addresses.values())


def test_all_processes_share_the_secrets_that_they_must_share(suite: Production) -> None:
    children = [child for name in SERVICES for child in suite._children_of(name)]
    for name in ("URAKKA_SECRET_KEY", "URAKKA_SERVICE_TOKEN", "URAKKA_PROVISIONING_KEY", "URAKKA_JWKS_URL"):
        assert len({child.environment[name] for child in children}) == 1, name


def test_secrets_do_not_stand_in_command_lines(suite: Production) -> None:
    lines = [" ".join(child.command) for name in SERVICES for child in suite._children_of(name)]

    assert not any("hunter2" in line or suite.provisioning_key in line for line in lines)


def test_worker_roles_can_be_spread_over_processes(tmp_path: Path) -> None:
    spread = Production(settings(tmp_path, worker_roles=(("relay",), ("consume",), ("jobs",))))
    try:
        names = {child.name for name in SERVICES for child in spread._children_of(name)}
    finally:
        spread.stop()

    assert {"billing-relay", "billing-consume", "billing-jobs", "workorders-consume", "identity-relay"} <= names
    assert "identity-consume" not in names


@pytest.mark.parametrize("name", SERVICES)
def test_it_knows_which_services_consume_and_have_jobs(name: str, sqlite_url: str) -> None:
    """The table in production.py must follow the services: a role without work would be started again and again."""
    environment = {"URAKKA_DATABASE_URL": sqlite_url, "URAKKA_SECRET_KEY": new_key_text()}
    definition = definition_of(name)
    runtime = build_runtime(definition, read_config(name, environment), wakeup=LocalWakeup())

    assert _has_work(name, ["consume"]) == bool(definition.consumers(runtime))
    assert _has_work(name, ["jobs"]) == bool(definition.jobs(runtime))


def test_a_process_that_dies_is_started_again(suite: Production) -> None:
    suite._children = [_Child("billing-worker", SLEEPER, dict(os.environ))]
    suite._keeper.start()
    first = eventually(lambda: suite.processes("worker"))["billing-worker"]
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: {k: v for k, v in suite.processes().items() if v != first})["billing-worker"]
    suite.stop()

    assert first != second
    assert suite.processes() == {}
    assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(second)


def test_a_process_that_cannot_live_is_not_started_in_a_busy_loop(suite: Production) -> None:
    suite._children = [_Child("broken", [sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))]
    suite._keeper.start()
    assert eventually(lambda: suite._children[0].failures >= 2)
    suite.stop()

    assert suite._children[0].failures <= 4


def test_a_process_that_does_not_listen_is_killed_in_the_end(
    suite: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.production._STOP_WITHIN_S", 0.3)
    suite._children = [_Child("deaf", DEAF, dict(os.environ))]
    suite._keeper.start()
    pid = eventually(lambda: suite.processes())["deaf"]
    assert eventually(lambda: b"deaf" in (tmp_path / "log" / "deaf.log").read_bytes())
    suite.stop()

    assert not psutil.pid_exists(pid)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    suite = Production(settings(tmp_path))
    with pytest.raises(RuntimeError, match="identity migrate failed"):
        suite.start()
    suite.stop()


@pytest.mark.parametrize("missing", ["URAKKA_DATABASE_URL", "URAKKA_AMQP_URL"])
def test_without_its_servers_production_ends_with_one_line(tmp_path: Path, missing: str) -> None:
    environment = {
        **os.environ,
        "URAKKA_DATABASE_URL": "postgresql+psycopg://hunter2@127.0.0.1:1/{service}",
        "URAKKA_AMQP_URL": "amqp://hunter2@127.0.0.1:1/",
    }
    del environment[missing]
    command = [sys.executable, "-m", "deploy", "up", "--production", "--folder", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 2
    assert ended.stderr.strip().splitlines() == [f"urakka: --production needs {missing}"]
