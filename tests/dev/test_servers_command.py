"""`python -m deploy.dev.servers`: which server it takes, what it prints, what it says when there is none."""

import subprocess
from pathlib import Path

import pytest

from deploy.dev import packages, probes, servers

GIVEN_DATABASE = "postgresql+psycopg://somebody:it's-secret@db.example:5432/test"
GIVEN_BROKER = "amqp://somebody:secret@mq.example:5672/"


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without servers, without their programs, without the right to install, without containers."""
    monkeypatch.delenv(servers.POSTGRES, raising=False)
    monkeypatch.delenv(servers.RABBITMQ, raising=False)
    monkeypatch.setattr(probes, "postgres", lambda *_: None)
    monkeypatch.setattr(probes, "rabbitmq", lambda *_: False)
    monkeypatch.setattr("deploy.dev.postgres.postgres_programs", lambda: None)
    monkeypatch.setattr("deploy.dev.broker.rabbitmq_programs", lambda: None)
    monkeypatch.setattr(packages, "may_install", lambda: False)
    monkeypatch.setattr(servers, "_compose_works", lambda: False)


@pytest.mark.usefixtures("bare_machine")
def test_given_addresses_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(servers.POSTGRES, GIVEN_DATABASE)
    monkeypatch.setenv(servers.RABBITMQ, GIVEN_BROKER)

    assert servers.main(["up", "--folder", str(tmp_path)]) == 0

    printed = capsys.readouterr().out
    assert f"export {servers.RABBITMQ}={GIVEN_BROKER}\n" in printed
    assert "it'\"'\"'s-secret" in printed  # quoted for the shell
    kept = tmp_path / "servers.env"
    assert (kept.read_text(), kept.stat().st_mode & 0o077) == (printed, 0)


@pytest.mark.usefixtures("bare_machine")
def test_a_server_that_listens_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGPORT", "5432")
    monkeypatch.setattr(probes, "postgres", lambda *_: probes.PostgresAnswer(version="15.1", may_create=True))
    monkeypatch.setattr(probes, "rabbitmq", lambda *_: True)

    assert servers.main(["up", "--folder", str(tmp_path)]) == 0

    printed = capsys.readouterr().out
    assert "=postgresql+psycopg://postgres@127.0.0.1:5432/postgres\n" in printed
    assert "=amqp://guest:guest@127.0.0.1:5672/\n" in printed


@pytest.mark.usefixtures("bare_machine")
def test_a_database_in_which_the_tests_may_create_nothing_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(probes, "postgres", lambda *_: probes.PostgresAnswer(version="15.1", may_create=False))

    assert servers.main(["up", "--folder", str(tmp_path)]) == 2
    assert "No PostgreSQL for the tests" in capsys.readouterr().err


@pytest.mark.usefixtures("bare_machine")
def test_without_any_way_the_user_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(servers.POSTGRES, GIVEN_DATABASE)

    assert servers.main(["up", "--folder", str(tmp_path)]) == 2

    advice = capsys.readouterr().err
    assert "No RabbitMQ for the tests" in advice
    assert "apt-get install rabbitmq-server" in advice


def test_own_servers_are_started_found_again_and_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--folder", str(tmp_path)]
    try:
        assert servers.main(["up", "--own", *folder]) == 0
        first = capsys.readouterr().out
        assert servers.main(["up", "--own", *folder]) == 0
        assert capsys.readouterr().out == first
    finally:
        assert servers.main(["stop", *folder]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock"]


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("status", [0, 3])
def test_a_command_runs_with_the_addresses_and_its_status_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv(servers.POSTGRES, GIVEN_DATABASE)
    monkeypatch.setenv(servers.RABBITMQ, GIVEN_BROKER)
    seen = tmp_path / "seen"
    script = f'printf %s "${servers.POSTGRES}" > "$1"; exit {status}'

    assert servers.main(["run", "--folder", str(tmp_path), "--", "sh", "-c", script, "sh", str(seen)]) == status
    assert seen.read_text() == GIVEN_DATABASE


def test_a_command_with_own_servers_leaves_none_behind(tmp_path: Path) -> None:
    arguments = ["run", "--own", "--folder", str(tmp_path), "--", "test", "-d", str(tmp_path / "rabbitmq")]

    assert servers.main(arguments) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock"]


def test_the_script_that_installs_packages_is_a_shell_script() -> None:
    assert subprocess.run(["sh", "-n"], input=packages.INSTALL_SCRIPT, text=True, check=False).returncode == 0
