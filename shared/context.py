"""Who does what, for whom, in which trace: travels with every transaction, event and log line."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from shared.ids import new_id

SYSTEM_TENANT = "*"
"""The tenant of infrastructure loops, which see all tenants. Never the tenant of a request or an event."""

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\Z")


def new_traceparent() -> str:
    """Start a new sampled trace (W3C Trace Context, `traceparent`)."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def continue_trace(traceparent: str | None) -> str:
    """Return a `traceparent` in the same trace with a new parent id; a new trace if the text is not valid."""
    match = _TRACEPARENT.match(traceparent or "")
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return new_traceparent()
    return f"00-{match[1]}-{secrets.token_hex(8)}-{match[3]}"


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one piece of work.

    tenant_id       whose data it is about; `SYSTEM_TENANT` only in infrastructure loops
    actor           user id, `apikey:<id>`, or `system:<name>`; goes to the audit log
    correlation_id  stays the same from the first HTTP call through all events it leads to
    causation_id    id of the event or request that led here directly, if any
    traceparent     W3C trace context
    permissions     what the caller may do; empty for infrastructure
    sites           ids of the sites that the caller is limited to, with all below them; empty: no limit
    """

    tenant_id: str
    actor: str
    correlation_id: str = field(default_factory=new_id)
    causation_id: str | None = None
    traceparent: str = field(default_factory=new_traceparent)
    permissions: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()

    @property
    def trace_id(self) -> str:
        """The 32 hex digits that log lines of one trace share."""
        return self.traceparent.split("-")[1]

    def may(self, permission: str) -> bool:
        """Say whether the caller holds `permission`."""
        return permission in self.permissions

    def for_tenant(self, tenant_id: str) -> Context:
        """Return the same circumstances for another tenant (used by loops that serve them one by one)."""
        return replace(self, tenant_id=tenant_id)


def system_context(name: str, tenant_id: str = SYSTEM_TENANT) -> Context:
    """Return the context of an infrastructure loop called `name`."""
    return Context(tenant_id=tenant_id, actor=f"system:{name}")


_current: ContextVar[Context | None] = ContextVar("urakka_context", default=None)


def current_context() -> Context | None:
    """Return the context of the work that this thread does now, or None outside any."""
    return _current.get()


@contextmanager
def use_context(context: Context) -> Iterator[Context]:
    """Make `context` the current one inside the block; log lines take their fields from it."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
