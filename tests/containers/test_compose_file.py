"""What must hold for docker-compose.yml whatever engine runs it; no engine needed."""

import json
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.containers import make_env

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("identity", "customers", "catalog", "workorders", "billing")
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: Mapping[str, Any] = yaml.safe_load(TEXT)
CONTAINERS: Mapping[str, Any] = COMPOSE["services"]
OURS = ["gateway", "sandbox", *(name for name in CONTAINERS if name.split("-")[0] in SERVICES)]


def test_every_service_has_an_api_a_worker_and_a_migration() -> None:
    kinds = {f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker", "migrate")}

    assert set(CONTAINERS) == kinds | {"gateway", "sandbox", "postgres", "rabbitmq"}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_do_nothing_that_they_need_not(name: str) -> None:
    container = CONTAINERS[name]

    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["deploy"]["resources"]["limits"]


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_starts_before_its_tables_are_there(service: str) -> None:
    assert CONTAINERS[f"{service}-migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for kind in ("api", "worker"):
        condition = CONTAINERS[f"{service}-{kind}"]["depends_on"][f"{service}-migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_the_file_holds_no_secret() -> None:
    named = re.findall(r"\$\{(\w+)[:}]", TEXT)
    secret = re.compile(r"PASSWORD|HASH|SECRET|TOKEN|KEY")
    values = re.findall(r"^\s+(\w*(?:PASSWORD|SECRET_KEY|TOKEN|PROVISIONING_KEY)): (.*)$", TEXT, re.MULTILINE)

    assert values
    assert all(value.startswith("${") for _, value in values)
    old = {name for name in named if name.endswith("_OLD_SECRET_KEY")}  # set only while a key is being changed
    assert {name for name in named if secret.search(name)} - old == set(make_env.complete({}))
    defaults = re.findall(r"\$\{(\w*(?:PASSWORD|HASH|SECRET|TOKEN|KEY)\w*):-([^}]*)\}", TEXT)
    assert set(defaults) == {(name, "") for name in old}  # no default either


def test_only_the_gateway_and_the_sandbox_are_reached_from_outside_and_from_this_machine_only() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}

    assert set(published) == {"gateway", "sandbox"}
    assert all("127.0.0.1" in port for ports in published.values() for port in ports)


@pytest.mark.parametrize("service", SERVICES)
def test_a_broker_user_reaches_what_is_its_own_and_changes_nothing(service: str) -> None:
    content = re.sub(r"\$\{\w+:\?\}", "x", COMPOSE["configs"]["rabbitmq-users"]["content"]).replace("$$", "$")
    (granted,) = [entry for entry in json.loads(content)["permissions"] if entry["user"] == service]
    definitions = json.loads((ROOT / "deploy" / "rabbitmq" / "definitions.json").read_text())
    names = {entry["name"] for kind in ("queues", "exchanges") for entry in definitions[kind]}
    own = {name for name in names if name.startswith(f"{service}.")}

    assert own
    assert {name for name in names if re.search(granted["configure"], name)} == set()
    for permission in ("read", "write"):
        assert {name for name in names if re.search(granted[permission], name)} == own


def test_the_gateway_knows_every_service() -> None:
    routes = re.search(r"\(\?<service>([a-z|]+)\)", (ROOT / "deploy" / "gateway" / "nginx.conf").read_text())

    assert routes is not None
    assert set(routes[1].split("|")) == set(SERVICES)


def test_the_gateways_own_answers_are_problem_documents() -> None:
    answers = re.findall(r"return (4\d\d|5\d\d) '(.*)\\n';", (ROOT / "deploy" / "gateway" / "nginx.conf").read_text())

    assert len(answers) == 5
    for status, body in answers:
        problem = json.loads(body)
        assert problem["status"] == int(status)
        assert {"type", "title", "detail", "code", "trace_id", "errors"} <= set(problem)


def test_make_env_keeps_what_is_there_and_lets_only_its_owner_read(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nURAKKA_PORT=8888\nBILLING_AMQP_PASSWORD=changed by hand\n")

    for _ in range(2):
        script = ROOT / "deploy" / "containers" / "make_env.py"
        done = subprocess.run([sys.executable, str(script), str(file)], capture_output=True, text=True, check=True)

    values = make_env.read(file)
    assert (values["URAKKA_PORT"], values["BILLING_AMQP_PASSWORD"]) == ("8888", "changed by hand")
    assert values == make_env.complete(values)  # the second run changed nothing
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(value in done.stdout for name, value in values.items() if name != "URAKKA_PORT")


def test_a_password_is_hashed_as_rabbitmq_does() -> None:
    # The example of RabbitMQ's page on passwords: salt 908D C60A, password "test12".
    assert (
        make_env.rabbitmq_hash("test12", bytes.fromhex("908DC60A"))
        == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
    )
