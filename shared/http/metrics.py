"""HTTP metrics, and the page that shows all metrics of the process (or of all workers of one API)."""

from __future__ import annotations

import os
from http import HTTPMethod

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

_REQUESTS = Counter("http_requests_total", "Answers given", ["method", "route", "status"])
_SECONDS = Histogram("http_request_seconds", "Time to answer, in seconds", ["method", "route"])

_METHODS = frozenset(HTTPMethod)

CONTENT_TYPE = CONTENT_TYPE_LATEST


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer. `route` is the pattern of the address, never the address itself.

    Methods that HTTP does not know are counted as one: a caller could make up a new series with each request.
    """
    method = method if method in _METHODS else "other"
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(method, route).observe(seconds)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text form; summed over gunicorn's workers where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no annotations
        return bytes(generate_latest(registry))
    return bytes(generate_latest(REGISTRY))
