"""What a process writes to its log, collected by a test whatever earlier tests did with logging."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from shared.telemetry import configure_logging


@contextmanager
def logging_unchanged() -> Iterator[None]:
    """Logging is after the block as it was before, whatever the block configures: commands do, for their process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configured, settings = structlog.is_configured(), structlog.get_config()
    context = structlog.contextvars.get_contextvars()
    try:
        yield
    finally:
        structlog.reset_defaults()
        if configured:
            structlog.configure(**settings)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**context)
        root.handlers[:] = handlers
        root.setLevel(level)


@contextmanager
def logged(level: str = "DEBUG", *, libraries: int = logging.WARNING, **fixed: str) -> Iterator[io.StringIO]:
    """Collect the log lines of the block, one JSON object each; logging is afterwards as it was before.

    libraries  the lowest level of the libraries' own records that come along
    fixed      fields of every line, e.g. service and role
    """
    stream = io.StringIO()
    with logging_unchanged():
        configure_logging(level, stream=stream, **fixed)
        logging.getLogger().setLevel(libraries)
        yield stream
