"""The suite in one process: it starts, keeps its secrets, and leaves nothing behind."""

from __future__ import annotations

import json
import socket
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from deploy.cli import urakka
from deploy.http_server import HttpServer
from deploy.onebox import OneBox, OneBoxSettings, lock_folder
from deploy.suite import SERVICES, definition_of
from deploy.welcome import make_first_tenant
from shared.config import BadConfiguration
from shared.ids import new_id

TIMEOUT_S = 20


def box_in(folder: Path) -> OneBox:
    return OneBox(OneBoxSettings(folder=folder, port=0))


def test_every_service_is_ready_behind_one_address_and_nothing_stays(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with box_in(tmp_path) as box:
        ready = {name: requests.get(f"{box.base_url}/status/{name}/readyz", timeout=TIMEOUT_S) for name in SERVICES}
        docs = [requests.get(f"{box.base_url}/api/{name}/v1/docs", timeout=TIMEOUT_S) for name in SERVICES]
        keys = requests.get(f"{box.base_url}/.well-known/jwks.json", timeout=TIMEOUT_S)
        internal = requests.get(f"{box.base_url}/internal/v1/snapshot/customer", timeout=TIMEOUT_S)

    assert {name: answer.status_code for name, answer in ready.items()} == dict.fromkeys(SERVICES, 200)
    assert [answer.status_code for answer in docs] == [200] * len(SERVICES)
    assert "keys" in keys.json()
    assert internal.status_code == 404
    assert [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()] == []
    with pytest.raises(requests.ConnectionError):
        requests.get(box.base_url, timeout=TIMEOUT_S)


def test_a_second_start_goes_on_where_the_first_one_ended(tmp_path: Path) -> None:
    with box_in(tmp_path) as first:
        login = make_first_tenant(first.base_url, first.provisioning_key, tmp_path)
        again = make_first_tenant(first.base_url, first.provisioning_key, tmp_path)
    with box_in(tmp_path) as second:
        body = {"email": login.email, "password": login.password}
        answer = requests.post(f"{second.base_url}/api/identity/v1/tokens", json=body, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        customers = requests.get(f"{second.base_url}/api/customers/v1/customers", headers=headers, timeout=TIMEOUT_S)

    assert again == login
    assert second.provisioning_key == first.provisioning_key
    assert (answer.status_code, customers.status_code) == (200, 200)


def test_what_a_killed_box_held_is_free_when_the_next_one_starts(tmp_path: Path) -> None:
    with box_in(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "billing.sqlite")) as database, database:
        connection, tenant = new_id(), new_id()
        stamp, later = "2026-11-21 08:00:00", "2099-01-01 00:00:00"
        database.execute(
            "INSERT INTO connections (id, tenant_id, version, created_at, changed_at, name, target, settings, secrets,"
            " is_default, active) VALUES (?, ?, 1, ?, ?, 'Kirjat', 'excel', '{}', x'', 1, 1)",
            (connection, tenant, stamp, stamp),
        )
        database.execute(
            "INSERT INTO connection_runs (connection_id, tenant_id, leased_by, leased_until, failures)"
            " VALUES (?, ?, 'gone', ?, 0)",
            (connection, tenant, later),
        )
    with box_in(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "billing.sqlite")) as database:
        assert database.execute("SELECT leased_by, leased_until FROM connection_runs").fetchall() == [(None, None)]


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    with box_in(tmp_path) as box:
        make_first_tenant(box.base_url, box.provisioning_key, tmp_path)
    kept = [tmp_path / "onebox-secrets.json", tmp_path / "login.json"]

    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600, 0o600]
    assert len(set(json.loads(kept[0].read_text()).values())) == 3


def test_the_command_line_says_what_there_is() -> None:
    answer = CliRunner().invoke(urakka, ["--help"])

    assert answer.exit_code == 0
    assert {"up", "demo", "bus", "import"} <= set(answer.output.split())


@pytest.mark.parametrize("command", [["up", "--help"], ["demo", "--help"], ["bus", "--help"], ["import", "--help"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    answer = CliRunner().invoke(urakka, command)

    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_the_state_of_the_bus_can_be_asked_without_a_running_suite(tmp_path: Path) -> None:
    box = box_in(tmp_path)
    box.prepare()
    box.stop()
    answer = CliRunner().invoke(urakka, ["bus", "status", "--folder", str(tmp_path)])

    assert answer.exit_code == 0, answer.output
    assert set(SERVICES) <= set(answer.output.split())


def test_a_data_folder_that_is_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    answer = CliRunner().invoke(urakka, ["bus", "status", "--folder", str(tmp_path)])

    assert answer.exit_code == 1
    assert "there is no data" in answer.output
    assert "Traceback" not in answer.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_serves_one_process_at_a_time(tmp_path: Path) -> None:
    first = lock_folder(tmp_path)
    with pytest.raises(BadConfiguration, match="another Urakka is running"):
        OneBox(OneBoxSettings(folder=tmp_path)).prepare()
    first.close()

    lock_folder(tmp_path).close()


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadConfiguration, match="cannot listen on"):
            HttpServer(lambda _environ, _start: [], host="127.0.0.1", port=taken.getsockname()[1])


def test_the_invariants_of_a_box_can_be_checked_from_the_command_line(tmp_path: Path) -> None:
    nothing = CliRunner().invoke(urakka, ["check", "--folder", str(tmp_path)])
    with OneBox(OneBoxSettings(folder=tmp_path, port=0)):
        pass
    fine = CliRunner().invoke(urakka, ["check", "--folder", str(tmp_path)])

    assert (nothing.exit_code, fine.exit_code) == (1, 0)
    assert "all invariants hold" in fine.output


def test_an_unknown_service_is_none() -> None:
    with pytest.raises(KeyError):
        definition_of("payroll")
    assert [definition_of(name).name for name in SERVICES] == list(SERVICES)
