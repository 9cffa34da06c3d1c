"""Logs as JSON lines, metrics and traces, with the fields that tie one order's way together.

A log message is a constant text; everything else is a field. Never log secrets, personal data or whole payloads.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from shared.context import Context, current_context

_TRACER = "urakka"


def configure_logging(level: str = "INFO", *, stream: TextIO | None = None, **fixed: str) -> None:
    """Send structured logs of this process to `stream` (stderr by default) as JSON lines.

    fixed  fields of every line, e.g. service and role. Libraries' own log records (warnings and up) come out the
           same way.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_context,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(**fixed)
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelName(level)), handlers=[_ToStructlog()], force=True)


def get_logger(name: str) -> Any:
    """Return a logger that writes under `name`, e.g. `billing.dispatch`.

    It takes the configuration when it is first used, not now: modules make their loggers at import time, and
    structlog's own default would print the local variables of a traceback, secrets among them.
    """
    return structlog.get_logger(module=name)


def configure_tracing(endpoint: str | None, service: str) -> None:
    """Export spans to an OTLP collector at `endpoint` (e.g. `http://collector:4318`); None leaves tracing off."""
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"urakka-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, context: Context, attributes: Mapping[str, str | int] | None = None) -> Iterator[None]:
    """Record the block as a span in the trace of `context`; costs next to nothing when tracing is off."""
    _, trace_id, span_id, flags = context.traceparent.split("-")
    parent = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    with trace.get_tracer(_TRACER).start_as_current_span(
        name, context=set_span_in_context(NonRecordingSpan(parent)), attributes=dict(attributes or {})
    ):
        yield


def _add_context(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = current_context()
    if context is not None:
        fields.setdefault("tenant_id", context.tenant_id)
        fields.setdefault("correlation_id", context.correlation_id)
        fields.setdefault("trace_id", context.trace_id)
    return fields


class _ToStructlog(logging.Handler):
    """Hands the records of the standard library's loggers to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; its message is text that a library made, so it goes into a field."""
        write = structlog.get_logger(module=record.name)
        write.log(record.levelno, "library", message=record.getMessage(), exc_info=record.exc_info)
