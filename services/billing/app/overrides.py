"""Payers whose documents go to a connection of their own."""

from typing import Any

from sqlalchemy import select

from services.billing.models import Connection, CustomerConnection
from shared.db import UnitOfWork, check_version, get_or_404
from shared.db.paging import Page, fetch_page
from shared.errors import NotFound
from shared.ids import is_id, new_id


def list_overrides(uow: UnitOfWork, *, limit: int, after: str | None) -> Page[CustomerConnection]:
    """Overrides in the order in which they were made."""
    key: Any = CustomerConnection.id
    with uow:
        return fetch_page(uow.session, select(CustomerConnection), key, limit=limit, after=after)


def set_override(
    uow: UnitOfWork, customer_id: str, expected_version: int | None, connection_id: str
) -> CustomerConnection:
    """Let the documents of a payer that are made from now on go to `connection_id`; repeating it changes nothing.

    The customer need not be known here yet: its copy may come later. Raises NotFound for the connection,
    VersionMismatch.
    """
    if not is_id(customer_id):
        raise NotFound(f"{customer_id[:40]} is not the id of a customer.")
    with uow:
        get_or_404(uow.session, Connection, connection_id)
        override = _find(uow, customer_id)
        if override is None:
            override = CustomerConnection(id=new_id(), customer_id=customer_id, connection_id=connection_id)
            uow.session.add(override)
        else:
            check_version(override, expected_version)
            override.connection_id = connection_id
        uow.commit()
        return override


def remove_override(uow: UnitOfWork, customer_id: str, expected_version: int | None) -> None:
    """Let the documents of a payer go to the default connection again. Raises NotFound, VersionMismatch."""
    with uow:
        override = _find(uow, customer_id)
        if override is None:
            raise NotFound("This customer has no connection of its own.")
        check_version(override, expected_version)
        uow.session.delete(override)
        uow.commit()


def _find(uow: UnitOfWork, customer_id: str) -> CustomerConnection | None:
    return uow.session.scalar(
        select(CustomerConnection).where(CustomerConnection.customer_id == customer_id).with_for_update()
    )
