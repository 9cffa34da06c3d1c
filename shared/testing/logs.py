"""What a process writes to its log, collected by a test whatever earlier tests did with logging."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from shared.telemetry import configure_logging


@contextmanager
def logged(level: str = "DEBUG", *, libraries: int = logging.WARNING, **fixed: str) -> Iterator[io.StringIO]:
    """Collect the log lines of the block, one JSON object each; logging is afterwards as it was before.

    libraries  the lowest level of the libraries' own records that come along
    fixed      fields of every line, e.g. service and role
    """
    stream, root = io.StringIO(), logging.getLogger()
    handlers, root_level = root.handlers[:], root.level
    configured, settings = structlog.is_configured(), structlog.get_config()
    context = structlog.contextvars.get_contextvars()
    configure_logging(level, stream=stream, **fixed)
    root.setLevel(libraries)
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        if configured:
            structlog.configure(**settings)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**context)
        root.handlers[:] = handlers
        root.setLevel(root_level)
