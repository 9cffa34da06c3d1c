"""The API process of a service in production: gunicorn with threads."""

from __future__ import annotations

import os
import re
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from shared.config import BadConfiguration, Config
from shared.http import create_app
from shared.runtime.build import build_runtime
from shared.service import ServiceDefinition
from shared.telemetry import configure_logging, configure_tracing


class _Gunicorn(BaseApplication):
    """Gunicorn configured by us instead of by a file."""

    def __init__(self, options: dict[str, Any], make: Any) -> None:
        self._options = options
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        """Take our options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application, in the worker, after the fork: connections must not be shared over it."""
        app: Flask = self._make()
        return app


def serve_api(definition: ServiceDefinition, config: Config) -> None:
    """Serve the HTTP API until SIGTERM; requests that run then may end (20 s).

    Environment: `URAKKA_BIND` (default `0.0.0.0:8000`), `URAKKA_API_WORKERS` (1) and `URAKKA_API_THREADS` (8).
    """
    env = config.environment
    configure_logging(config.log_level, service=definition.name, role="api")

    def make() -> Flask:
        configure_tracing(config.otlp_endpoint, definition.name)
        return create_app(definition, build_runtime(definition, config))

    options = {
        "bind": env.get("URAKKA_BIND", "0.0.0.0:8000"),
        "workers": _number(env.get("URAKKA_API_WORKERS", "1"), "URAKKA_API_WORKERS"),
        "threads": _number(env.get("URAKKA_API_THREADS", "8"), "URAKKA_API_THREADS"),
        "worker_class": "gthread",
        "timeout": 60,
        "graceful_timeout": 20,
        "keepalive": 30,
        "max_requests_jitter": 50,
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108 - gunicorn's heartbeat file
        "proc_name": f"urakka-{definition.name}-api",
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "forwarded_allow_ips": "*",
        "child_exit": _forget_worker_metrics,
    }
    _Gunicorn(options, make).run()


def _number(text: str, name: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
        raise BadConfiguration(f"{name}: expected a whole number from 1")
    return int(text)


def _forget_worker_metrics(_server: Any, worker: Any) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library has no annotations
