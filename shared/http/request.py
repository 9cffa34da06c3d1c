"""What an endpoint needs: the caller, the runtime and a unit of work bound to both."""

from __future__ import annotations

from typing import cast

from flask import current_app

from shared.context import Context, current_context
from shared.db.database import UnitOfWork
from shared.errors import NotAuthenticated
from shared.service import Runtime

EXTENSION = "urakka"


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
    """Return a writing unit of work of the caller's tenant."""
    return app_runtime().database.begin(caller())


def read() -> UnitOfWork:
    """Return a reading unit of work of the caller's tenant."""
    return app_runtime().database.read(caller())
