"""A sandbox per test, one company of each system in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.tests.netvisor_client import NetvisorClient
from deploy.sandbox.tests.procountor_client import ProcountorClient


@pytest.fixture
def sandbox() -> Flask:
    """A sandbox in memory without the demo companies."""
    return create_sandbox(SandboxConfig(seed_demo=False))


@pytest.fixture
def netvisor(sandbox: Flask) -> NetvisorClient:
    """A client of a Netvisor company with customer 1001 and product TYO."""
    client = netvisor_company(sandbox)
    client.add_customer()
    client.add_product()
    return client


@pytest.fixture
def procountor(sandbox: Flask) -> ProcountorClient:
    """A client of a Procountor company."""
    return procountor_company(sandbox)


def netvisor_company(sandbox: Flask, **body: Any) -> NetvisorClient:
    """A client of a new, empty Netvisor company; `body` as in the admin interface."""
    http = sandbox.test_client()
    response = http.post("/sandbox/netvisor/companies", json=body)
    assert response.status_code == 201, response.text
    return NetvisorClient(http, response.json)


def procountor_company(sandbox: Flask, **body: Any) -> ProcountorClient:
    """A client of a new, empty Procountor company; `body` as in the admin interface."""
    http = sandbox.test_client()
    response = http.post("/sandbox/procountor/companies", json=body)
    assert response.status_code == 201, response.text
    return ProcountorClient(http, response.json)


@pytest.fixture
def served(sandbox: Flask) -> Iterator[str]:
    """The sandbox on a loopback port; gives its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, sandbox, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()
