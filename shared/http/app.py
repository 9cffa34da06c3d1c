"""The application factory: one Flask application for each service, all with the same manners."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_smorest import Api

from shared.context import Context, continue_trace, current_context, use_context
from shared.errors import Forbidden, NotAuthenticated, OutsideScope
from shared.http import metrics
from shared.http.audit import audit_blueprint
from shared.http.blueprint import PERMISSIONS, PUBLIC, WHOLE_TENANT
from shared.http.docs import docs_blueprint
from shared.http.health import health_blueprint
from shared.http.problems import register_error_handlers
from shared.http.request import EXTENSION
from shared.http.snapshot import snapshot_blueprint
from shared.ids import new_id
from shared.service import Runtime, ServiceDefinition
from shared.telemetry import get_logger, span

log = get_logger("http")

LARGEST_BODY = 1024 * 1024
"""Bytes of a request, unless the endpoint allows more."""

_LONGEST_CORRELATION = 80


def create_app(definition: ServiceDefinition, runtime: Runtime) -> Flask:
    """Return the HTTP application of a service; connects to nothing yet.

    Paths: `/api/<name>/v1/…` with `openapi.json` and `docs`; `/healthz`, `/readyz`, `/metrics` for the operator;
    `/internal/v1/snapshot/…` for the other services.
    """
    app = Flask(f"urakka.{definition.name}", static_folder=None)
    prefix = f"/api/{definition.name}/v1"
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        API_TITLE=definition.title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.strict_slashes = False
    app.extensions[EXTENSION] = runtime
    app.before_request(_open_context)
    app.before_request(_authorise)
    app.after_request(_describe)
    app.teardown_request(_close_context)

    api = Api(app, spec_kwargs={"info": {"description": definition.description}})
    register_error_handlers(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for blueprint in definition.blueprints:
        api.register_blueprint(blueprint, url_prefix=prefix + (blueprint.url_prefix or ""))
    api.register_blueprint(audit_blueprint(), url_prefix=f"{prefix}/audit")
    for blueprint in definition.root:
        app.register_blueprint(blueprint)
    app.register_blueprint(docs_blueprint(definition.name, api), url_prefix=prefix)
    app.register_blueprint(health_blueprint(definition.name))
    app.register_blueprint(snapshot_blueprint(definition.snapshots))
    return app


def _open_context() -> None:
    g.started = time.perf_counter()
    correlation = request.headers.get("X-Correlation-Id", "")
    if not (correlation.isascii() and correlation.isprintable() and 0 < len(correlation) <= _LONGEST_CORRELATION):
        correlation = new_id()
    g.context_manager = use_context(
        Context(
            tenant_id="",
            actor="anonymous",
            correlation_id=correlation,
            causation_id=None,
            traceparent=continue_trace(request.headers.get("traceparent")),
        )
    )
    g.context_manager.__enter__()


def _authorise() -> None:
    """Refuse the request unless its endpoint is public or the caller holds one of its permissions."""
    if request.endpoint is None or not request.path.startswith("/api/"):
        return
    view: Any = current_app.view_functions[request.endpoint]
    if getattr(view, PUBLIC, False):
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated("Send an access token: Authorization: Bearer …")
    runtime: Runtime = current_app.extensions[EXTENSION]
    claims = runtime.verifier.verify(token.strip())
    anonymous = current_context()
    assert anonymous is not None
    g.context_manager.__exit__(None, None, None)
    g.context_manager = use_context(
        Context(
            tenant_id=claims.tenant_id,
            actor=claims.subject,
            correlation_id=anonymous.correlation_id,
            causation_id=None,
            traceparent=anonymous.traceparent,
            permissions=claims.permissions,
            sites=claims.sites,
        )
    )
    context = g.context_manager.__enter__()
    g.span = span(f"{request.method} {request.url_rule}", context)
    g.span.__enter__()
    needed = getattr(view, PERMISSIONS, ())
    if not any(context.may(permission) for permission in needed):
        raise Forbidden("This needs the permission " + " or ".join(needed) + ".")
    if context.sites and getattr(view, WHOLE_TENANT, False):
        raise OutsideScope("This is about the whole firm; you are limited to some of its sites.")


def _describe(response: Response) -> Response:
    context = current_context()
    if context is not None:
        response.headers.setdefault("X-Correlation-Id", context.correlation_id)
        response.headers.setdefault("traceparent", context.traceparent)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    route = str(request.url_rule) if request.url_rule else "unknown"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    metrics.observe(request.method, route, response.status_code, seconds)
    if request.path.startswith("/api/"):
        log.info(
            "http.request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            actor=context.actor if context else "",
        )
    return response


def _close_context(_error: BaseException | None) -> None:
    opened = g.pop("span", None)
    if opened is not None:
        opened.__exit__(None, None, None)
    manager = g.pop("context_manager", None)
    if manager is not None:
        manager.__exit__(None, None, None)
