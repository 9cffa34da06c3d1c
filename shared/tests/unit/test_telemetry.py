"""Log lines are JSON, tied together by trace, correlation and tenant, and spans belong to their trace."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.context import Context, use_context
from shared.telemetry import configure_logging, configure_tracing, get_logger, span
from shared.testing.logs import logged, logging_unchanged

TRACE = "0af7651916cd43dd8448eb211c80319c"
CONTEXT = Context("firm-1", "user-1", "order-1", traceparent=f"00-{TRACE}-b7ad6b7169203331-01")

early = get_logger("early")  # as modules make theirs: when they are imported, before logging is configured


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the process writes to its log."""
    with logged("INFO", service="billing", role="api") as stream:
        yield stream


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_the_fields_that_tie_it_to_its_work(lines: io.StringIO) -> None:
    with use_context(CONTEXT):
        get_logger("billing.dispatch").info("dispatch.sent", outcome="accepted", ms=12)
    (line,) = read(lines)

    assert line.pop("timestamp").endswith("Z")
    assert line.pop("event") == "dispatch.sent"
    assert "billing.dispatch" in line.values()
    assert {
        "service": "billing",
        "role": "api",
        "tenant_id": "firm-1",
        "correlation_id": "order-1",
        "trace_id": TRACE,
        "outcome": "accepted",
        "ms": 12,
        "level": "info",
    }.items() <= line.items()


def test_outside_any_work_there_are_no_such_fields(lines: io.StringIO) -> None:
    get_logger("worker").info("worker.started")

    assert not {"tenant_id", "correlation_id", "trace_id"} & read(lines)[0].keys()


def test_a_logger_made_before_the_configuration_obeys_it(lines: io.StringIO) -> None:
    early.info("worker.started")
    early.debug("too small")

    assert [line["event"] for line in read(lines)] == ["worker.started"]


def test_an_error_keeps_its_traceback_on_one_line_without_local_variables(lines: io.StringIO) -> None:
    password = "hunter2"
    try:
        raise ZeroDivisionError(f"broken by {len(password)}")
    except ZeroDivisionError as error:
        early.error("http.unhandled", exc_info=error)
    (line,) = read(lines)

    assert "ZeroDivisionError: broken by 7" in line["exception"]
    assert "hunter2" not in lines.getvalue().replace('password = "hunter2"', "")


def test_what_libraries_say_comes_out_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("urllib3").warning("Retrying %s", "once")
    logging.getLogger("urllib3").info("chatter")
    (line,) = read(lines)

    assert (line["event"], line["message"], line["level"]) == ("library", "Retrying once", "warning")
    assert "urllib3" in line.values()


def test_what_libraries_say_about_an_error_keeps_its_traceback(lines: io.StringIO) -> None:
    try:
        raise ZeroDivisionError("in a library")
    except ZeroDivisionError:
        logging.getLogger("waitress").exception("Exception while serving")
    (line,) = read(lines)

    assert "ZeroDivisionError: in a library" in line["exception"]


@pytest.mark.parametrize("value", ["line\nbreak", 'quote"', "ä€", "\x00"])
def test_no_value_can_begin_a_line_of_its_own(lines: io.StringIO, value: str) -> None:
    early.info("http.request", route=value)

    assert [line["route"] for line in read(lines)] == [value]


def test_logging_is_after_a_test_as_it_was_before() -> None:
    root = logging.getLogger()
    before = (structlog.get_config(), root.handlers[:], root.level)
    with logging_unchanged():
        configure_logging("DEBUG", stream=io.StringIO(), service="billing")
        assert (structlog.get_config(), root.handlers[:]) != before[:2]
    assert (structlog.get_config(), root.handlers[:], root.level) == before


def test_a_span_belongs_to_the_trace_of_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda name: provider.get_tracer(name))
    with span("GET /things", CONTEXT, {"things": 3}):
        pass
    (done,) = exporter.get_finished_spans()

    assert format(done.context.trace_id, "032x") == TRACE
    assert format(done.parent.span_id, "016x") == "b7ad6b7169203331"
    assert dict(done.attributes or {}) == {"things": 3}


def test_without_a_collector_nothing_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "set_tracer_provider", lambda _provider: pytest.fail("tracing was switched on"))
    configure_tracing(None, "billing")
    with span("GET /things", CONTEXT):
        pass
