"""Composition of the sandbox: store, simulators, demo companies, routes."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from . import demo
from .admin import admin_blueprint
from .companies import AnyCompanies
from .config import SandboxConfig
from .netvisor.app import netvisor_blueprint
from .netvisor.simulator import NetvisorSimulator
from .procountor.app import procountor_blueprint
from .procountor.simulator import ProcountorSimulator
from .store import open_store


def create_sandbox(config: SandboxConfig | None = None) -> Flask:
    """A WSGI application with both simulators: /netvisor/*.nv, /procountor/…/api/*, /sandbox/*, /health.

    The simulators are in `app.extensions["sandbox"]` by name, for a process that hosts the sandbox itself.
    Thread-safe; one process only, because the books live in its memory.
    """
    config = config or SandboxConfig()
    store = open_store(config.data_path)
    netvisor = NetvisorSimulator(config.netvisor, store)
    procountor = ProcountorSimulator(config.procountor, store)
    if config.seed_demo:
        demo.seed(netvisor, procountor)
    app = Flask("urakka-sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    app.register_blueprint(netvisor_blueprint(netvisor, config), url_prefix="/netvisor")
    app.register_blueprint(procountor_blueprint(procountor), url_prefix="/procountor")
    simulators: dict[str, AnyCompanies] = {netvisor.name: netvisor, procountor.name: procountor}
    app.register_blueprint(admin_blueprint(simulators, config.admin_key))
    app.extensions["sandbox"] = simulators

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    return app
