"""Both gateways pass the same addresses on and keep the internal ones inside."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from werkzeug.test import Client, TestResponse

from deploy.gateway_proxy import ProxyGateway
from deploy.gateway_wsgi import Gateway

SERVICES = ("identity", "customers")


class Echo:
    """A service that tells what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer (PEP 3333)."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        told = {
            "service": self.name,
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": environ.get("QUERY_STRING", ""),
            "body": body.decode("latin-1"),
            "type": environ.get("CONTENT_TYPE", ""),
            "headers": {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")},
        }
        status = "409 Conflict" if environ["PATH_INFO"].endswith("/conflict") else "200 OK"
        start_response(status, [("Content-Type", "application/json"), ("ETag", '"3"'), ("X-Two", "a"), ("X-Two", "b")])
        return [json.dumps(told).encode()]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Both services behind real ports."""
    servers = {name: make_server("127.0.0.1", 0, Echo(name), handler_class=_Quiet) for name in SERVICES}
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers.values()]
    for thread in threads:
        thread.start()
    yield {name: f"http://127.0.0.1:{server.server_port}" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join(10)


@pytest.fixture(params=["one-box", "proxy"])
def client(request: pytest.FixtureRequest, addresses: dict[str, str]) -> Client:
    if request.param == "proxy":
        return Client(ProxyGateway(addresses))
    return Client(Gateway({name: Echo(name) for name in SERVICES}))


def told(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return json.loads(answer.data)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api/identity/v1/users", "identity"),
        ("/api/customers/v1/docs", "customers"),
        ("/.well-known/jwks.json", "identity"),
    ],
)
def test_a_path_names_its_service(client: Client, path: str, service: str) -> None:
    answer = told(client.get(path))

    assert (answer["service"], answer["path"]) == (service, path)


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/identity",
        "/api/nobody/v1/users",
        "/internal/v1/snapshot/customer",
        "/customers/internal/v1/snapshot/customer",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/identity/../../internal/v1/snapshot/customer",
        "/api/identity/../internal/v1/snapshot/customer",
        "/api/identity/./v1/users",
        "/api/identity/v1/%2e%2e/%2e%2e/%2e%2e/metrics",
        "/api/identity/v1/..%2f..%2f..%2fmetrics",
        "/api/identity/..",
        "//internal/v1/snapshot/customer",
        "/netvisor/customer.nv",
    ],
)
def test_everything_else_stays_inside(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in (404, 200)
    if answer.status_code == 200:  # a service may have been asked, but only for an address of its API
        assert told(answer)["path"].startswith("/api/identity")
        assert ".." not in told(answer)["path"]
    else:
        assert answer.content_type == "application/problem+json"
        assert (answer.json or {})["code"] == "not_found"


def test_method_query_body_and_headers_arrive(client: Client) -> None:
    body = b"x" * 100_000 + b"\xff"
    answer = told(
        client.put(
            "/api/customers/v1/sites?limit=5&after=a%20b&n=%C3%A4",
            data=body,
            content_type="application/octet-stream",
            headers={"If-Match": '"2"', "Authorization": "Bearer t", "X-Correlation-Id": "order-1"},
        )
    )

    assert (answer["method"], answer["query"]) == ("PUT", "limit=5&after=a%20b&n=%C3%A4")
    assert answer["body"].encode("latin-1") == body
    assert answer["type"] == "application/octet-stream"
    assert {"IF_MATCH": '"2"', "AUTHORIZATION": "Bearer t", "X_CORRELATION_ID": "order-1"}.items() <= answer[
        "headers"
    ].items()


@pytest.mark.parametrize("segment", ["%C3%A4%C3%B6", "a%20b", "a%2Bb", "a;b=c", "a%25b", "50%25%20off"])
def test_a_path_arrives_as_it_was_sent(client: Client, segment: str, addresses: dict[str, str]) -> None:
    path = f"/api/customers/v1/customers/{segment}"
    direct = told(Client(Echo("customers")).get(path))["path"]

    assert told(client.get(path))["path"] == direct


def test_status_and_headers_of_the_answer_come_back(client: Client) -> None:
    answer = client.get("/api/customers/v1/conflict")

    assert answer.status_code == 409
    assert answer.headers["ETag"] == '"3"'
    assert answer.headers.getlist("X-Two") == ["a", "b"]


def test_headers_of_one_connection_are_not_passed_on(addresses: dict[str, str]) -> None:
    headers = {"Connection": "close", "Keep-Alive": "1", "TE": "trailers", "Upgrade": "h2c", "X-Kept": "yes"}
    answer = told(Client(ProxyGateway(addresses)).get("/api/customers/v1/x", headers=headers))

    assert "X_KEPT" in answer["headers"]
    assert not {"KEEP_ALIVE", "TE", "UPGRADE"} & answer["headers"].keys()
    assert answer["headers"]["HOST"].startswith("127.0.0.1:")


def test_a_service_that_is_away_is_try_again() -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    answer = Client(ProxyGateway({"customers": address})).get("/api/customers/v1/sites")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.content_type == "application/problem+json"
    assert "127.0.0.1" not in answer.text


@pytest.fixture
def one_box() -> Client:
    gateway = Gateway({name: Echo(name) for name in SERVICES})
    gateway.mount_sandbox(Echo("sandbox"))
    return Client(gateway)


def test_the_front_page_leads_to_every_service(one_box: Client) -> None:
    answer = one_box.get("/")

    assert answer.content_type.startswith("text/html")
    assert all(f'href="/api/{name}/v1/docs"' in answer.text for name in SERVICES)


@pytest.mark.parametrize("page", ["healthz", "readyz", "metrics"])
def test_the_status_pages_of_a_service_are_below_status(one_box: Client, page: str) -> None:
    answer = told(one_box.get(f"/status/customers/{page}"))

    assert (answer["service"], answer["path"]) == ("customers", f"/{page}")


@pytest.mark.parametrize(
    "path", ["/status/customers/internal/v1/snapshot/customer", "/status/nobody/healthz", "/status"]
)
def test_nothing_else_is_below_status(one_box: Client, path: str) -> None:
    assert one_box.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/netvisor/customer.nv", "/procountor/api/oauth/token", "/sandbox/faults"])
def test_the_sandbox_is_reached_when_it_is_mounted(one_box: Client, path: str) -> None:
    assert told(one_box.get(path))["service"] == "sandbox"
