"""What every endpoint of this service does with a use case's result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from services.workorders.api.views import order_view
from services.workorders.app.copies import once_copies_are_here
from services.workorders.app.loading import LoadedOrder
from services.workorders.app.visibility import sight_of
from shared.clock import utc_now
from shared.http import app_runtime, caller, is_rehearsal, read, with_etag

T = TypeVar("T")


def shown(loaded: LoadedOrder) -> dict[str, Any]:
    """Return the order as this caller may see it, with its version as ETag."""
    with_etag(loaded.order)
    return order_view(loaded, sight_of(caller()), now=utc_now())


def patiently(action: Callable[[], T]) -> T:
    """Run a use case that may be ahead of the copies it needs; see `once_copies_are_here`."""
    wait_s = 0.0 if is_rehearsal() else app_runtime().own.copy_wait_s
    return once_copies_are_here(action, read, wait_s=wait_s)
