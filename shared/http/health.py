"""Alive, ready, and the metrics: what the operator and the orchestrator ask."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from shared.db import migrate
from shared.http import metrics
from shared.http.request import app_runtime


def health_blueprint(service: str) -> Blueprint:
    """Return `/healthz` (the process answers), `/readyz` (its database too, with the newest schema), `/metrics`.

    Readiness does not depend on the broker: the API accepts work without it, the outbox holds the events.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return jsonify(status="ok", service=service)

    @blueprint.get("/readyz")
    def ready() -> tuple[Response, int]:
        try:
            behind = migrate.pending(app_runtime().database.engine, service)
        except SQLAlchemyError as error:
            return jsonify(status="unavailable", reason=f"database: {type(error).__name__}"), 503
        if behind:
            return jsonify(status="unavailable", reason="database: migrations are pending"), 503
        return jsonify(status="ok", service=service), 200

    @blueprint.get("/metrics")
    def show_metrics() -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    return blueprint
