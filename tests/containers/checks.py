"""What must be true of the running containers, whatever the services do in them."""

import json
import urllib.error
import urllib.request

import pytest

from tests.containers.stack import SERVICES, Stack, StackError

_TIMEOUT_S = 10
_CONNECT = "import os, psycopg; psycopg.connect(os.environ['URAKKA_DATABASE_URL'].replace('+psycopg', '') + '{suffix}')"


def confined(stack: Stack) -> None:
    """Ours run as ordinary users, without capabilities, and cannot write to their own code."""
    for name, container in stack.containers().items():
        if name in ("postgres", "rabbitmq"):
            continue
        user, host = container["Config"]["User"], container["HostConfig"]
        assert user in ("10001:10001", "101:101"), f"{name} runs as {user!r}"
        assert host["ReadonlyRootfs"], f"{name} can write to its root file system"
        assert host["CapDrop"] == ["ALL"], f"{name} has capabilities"
    with pytest.raises(StackError):
        stack.execute("billing-api", "touch", "/app/services/billing/changed.py")


def own_code_only(stack: Stack) -> None:
    """No image has another service's code, the tests, or pip."""
    for service in SERVICES:
        found = set(stack.execute(f"{service}-api", "ls", "/app", "/app/services", "/opt/venv/bin").split())
        assert service in found
        others = found & ({*SERVICES, "tests", "deploy", "pip"} - {service})
        assert not others, f"the image of {service} has {sorted(others)}"


def gateway(stack: Stack) -> None:
    """APIs and the key set are reached; health, metrics and snapshots of a service are not."""
    assert _get(stack, "/healthz")[0] == 200
    assert json.loads(_get(stack, "/.well-known/jwks.json")[1])["keys"]
    for service in SERVICES:
        status, body = _get(stack, f"/api/{service}/v1/openapi.json")
        assert status == 200, f"{service}: {status} {body[:200]!r}"
    hidden = ("/", "/metrics", "/readyz", "/api/nobody/v1/x", "/internal/v1/snapshot/customer")
    for path in (*hidden, "/api/customers/internal/v1/snapshot/customer", "/api/customers/../internal/v1/snapshot/x"):
        status, body = _get(stack, path)
        assert (status, json.loads(body)["code"]) == (404, "not_found"), f"{path}: {status}"


def database_roles(stack: Stack) -> None:
    """A service's role is no superuser, and another service's database refuses it."""
    rights = stack.execute(
        "postgres", "psql", "-U", "postgres", "-At", "-c", "SELECT rolname FROM pg_roles WHERE rolsuper OR rolbypassrls"
    )
    assert rights.split() == ["postgres"]
    # The address with another database's name at its end: libpq takes the last one that it is given.
    stack.execute("billing-api", "python", "-c", _CONNECT.format(suffix=""))
    with pytest.raises(StackError, match="permission denied for database"):
        stack.execute("billing-api", "python", "-c", _CONNECT.format(suffix="?dbname=customers"))


def _get(stack: Stack, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(stack.gateway_url + path, timeout=_TIMEOUT_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
