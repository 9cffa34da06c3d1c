"""The worker process of a service in production: relay, consumers and jobs, with a small page for its health."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask import Flask, Response, jsonify

from shared.bus import runtime as bus
from shared.bus.rabbitmq import RabbitConsumer, RabbitPublisher
from shared.config import BadConfiguration, Config
from shared.http import metrics
from shared.runtime.build import build_runtime
from shared.runtime.snapshots import snapshot_source
from shared.runtime.supervisor import Loop, Supervisor
from shared.service import Runtime, ServiceDefinition
from shared.telemetry import configure_logging, configure_tracing, get_logger

log = get_logger("worker")

ROLES = ("relay", "consume", "jobs")


def run_worker(definition: ServiceDefinition, config: Config, roles: Sequence[str] = ROLES) -> int:
    """Run the loops of `roles` until SIGTERM or SIGINT; returns the exit status (1 if a loop did not stop in time).

    Raises BadConfiguration without a broker: the one-box mode runs these loops itself.
    """
    if config.amqp_url is None:
        raise BadConfiguration("URAKKA_AMQP_URL is not set: a worker needs the broker (or run `urakka up`)")
    configure_logging(config.log_level, service=definition.name, role="+".join(roles))
    configure_tracing(config.otlp_endpoint, definition.name)
    runtime = build_runtime(definition, config)
    intake: list[RabbitConsumer] = []
    supervisor = Supervisor(_loops(definition, runtime, config.amqp_url, roles, intake.append))
    supervisor.stop_on_signals()
    bind = config.environment.get("URAKKA_WORKER_BIND", "")
    health = _HealthPage(_health_app(definition.name, supervisor, intake, "consume" in roles), bind)
    supervisor.start()
    health.start()
    log.info("worker.started", roles=list(roles))
    supervisor.stop.wait()
    runtime.wakeup.close()
    late = supervisor.join()
    health.stop()
    runtime.database.engine.dispose()
    log.info("worker.stopped", late=late)
    return 1 if late else 0


def _loops(
    definition: ServiceDefinition,
    runtime: Runtime,
    amqp_url: str,
    roles: Sequence[str],
    consumer_started: Callable[[RabbitConsumer], None],
) -> list[tuple[str, Loop]]:
    config = runtime.config
    found: list[tuple[str, Loop]] = []
    consumers = definition.consumers(runtime) if "consume" in roles else ()
    if consumers:
        found.append(
            (
                "consumers",
                partial(
                    bus.run_consumers,
                    database=runtime.database,
                    service=definition.name,
                    consumers=consumers,
                    amqp_url=amqp_url,
                    prefix=config.bus_prefix,
                    snapshots=snapshot_source(config),
                    lanes=config.consumer_lanes,
                    started=consumer_started,
                ),
            )
        )
        found.append(
            (
                "retries",
                partial(bus.run_retries, database=runtime.database, consumers=consumers, wakeup=runtime.wakeup),
            )
        )
    if "jobs" in roles:
        found.extend((job.name, job.run) for job in definition.jobs(runtime))
    if "relay" in roles:
        found.append(("relay", partial(_relay, definition.name, runtime, amqp_url)))
    if not found:
        raise BadConfiguration(f"{config.service} has nothing to do in the roles {', '.join(roles)}")
    return found


def _relay(service: str, runtime: Runtime, amqp_url: str, stop: threading.Event) -> None:
    publisher = RabbitPublisher(amqp_url, service, prefix=runtime.config.bus_prefix)
    bus.run_relay(stop, database=runtime.database, service=service, wakeup=runtime.wakeup, publisher=publisher)


class _HealthPage:
    """`/healthz`, `/readyz` and `/metrics` of a process that has no API; off while `URAKKA_WORKER_BIND` is not set."""

    def __init__(self, app: Flask, bind: str) -> None:
        self._server = None
        self._thread: threading.Thread | None = None
        if bind:
            host, _, port = bind.rpartition(":")
            self._server = make_server(host, int(port), app, handler_class=_Quiet)
            self._thread = threading.Thread(target=self._server.serve_forever, name="health")

    def start(self) -> None:
        """Serve."""
        if self._thread is not None:
            self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(5)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Health checks are not worth a line."""


def _health_app(service: str, supervisor: Supervisor, intake: Sequence[RabbitConsumer], consumes: bool) -> Flask:
    app = Flask(f"urakka.{service}.worker", static_folder=None)

    @app.get("/healthz")
    def alive() -> Response:
        return jsonify(status="ok", service=service)

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        failing = supervisor.failing()
        if failing:
            return jsonify(status="unavailable", loops=failing), 503
        if consumes and intake and not intake[-1].active:
            return jsonify(status="unavailable", reason="no queue is being consumed"), 503
        return jsonify(status="ok", service=service), 200

    @app.get("/metrics")
    def show_metrics() -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    return app
