"""What an endpoint needs: the caller, the runtime and a unit of work bound to both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app, g

from shared.context import Context, current_context
from shared.db.database import UnitOfWork
from shared.errors import NotAuthenticated
from shared.service import Runtime

EXTENSION = "urakka"
_REHEARSAL = "urakka_rehearsal"


def app_runtime() -> Runtime:
    """Return the runtime of the service whose endpoint is running."""
    return cast(Runtime, current_app.extensions[EXTENSION])


def caller() -> Context:
    """Return the circumstances of this request; raises NotAuthenticated at an endpoint without a caller."""
    context = current_context()
    if context is None or not context.tenant_id:
        raise NotAuthenticated()
    return context


def begin() -> UnitOfWork:
    """Return a writing unit of work of the caller's tenant; in a rehearsal, one of which nothing stays."""
    database = app_runtime().database
    return database.rehearse(caller()) if is_rehearsal() else database.begin(caller())


def is_rehearsal() -> bool:
    """Say whether the endpoint runs only to hear what rules say of a body that is malformed in some places."""
    return bool(g.get(_REHEARSAL))


@contextmanager
def rehearsal() -> Iterator[None]:
    """Let everything that the endpoint does inside leave no trace."""
    setattr(g, _REHEARSAL, True)
    try:
        yield
    finally:
        g.pop(_REHEARSAL)


def read() -> UnitOfWork:
    """Return a reading unit of work of the caller's tenant."""
    return app_runtime().database.read(caller())
