"""What is known of a target's identifiers, kept in the database and remembered for the run."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.billing.app.numbers import issue_number
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.numbering import IssuedNumber
from services.billing.models import Connection, Dispatch, TargetLink
from shared.context import Context
from shared.db import Database, UnitOfWork, get_or_404


class Linked(StrEnum):
    """What of ours is linked to an id of the target."""

    CUSTOMER = "customer"
    PRODUCT = "product"


def list_links(
    uow: UnitOfWork, connection_id: str, kind: str, *, our_key: str | None, after: str, limit: int
) -> list[TargetLink]:
    """The links of a kind after the key `after`, in the order of our keys; at most one of them if `our_key` is given.

    Raises NotFound without the connection.
    """
    with uow:
        get_or_404(uow.session, Connection, connection_id)
        statement = select(TargetLink).where(TargetLink.connection_id == connection_id, TargetLink.kind == kind)
        if our_key is not None:
            statement = statement.where(TargetLink.our_key == our_key)
        statement = statement.where(TargetLink.our_key > after).order_by(TargetLink.our_key).limit(limit)
        return list(uow.session.scalars(statement))


def forget_link(uow: UnitOfWork, connection_id: str, kind: str, our_key: str, *, now: datetime) -> None:
    """Forget the target's id of one customer or product: the next document looks it up by our key, or makes it.

    Nothing happens if there is none. Raises NotFound without the connection.
    """
    with uow:
        connection = get_or_404(uow.session, Connection, connection_id, for_update=True)
        link = uow.session.get(TargetLink, (connection_id, kind, our_key))
        if link is not None:
            uow.session.delete(link)
            connection.touch(now)  # so that dispatchers open it anew and forget what they remember
        uow.commit()


def forget_all(uow: UnitOfWork, connection_id: str) -> None:
    """As `forget_link`, of all customers and products, within the caller's transaction that changes the connection."""
    ours = TargetLink.connection_id == connection_id, TargetLink.kind.in_(list(Linked))
    uow.session.execute(delete(TargetLink).where(*ours))


def has_ids(uow: UnitOfWork, connection_id: str) -> bool:
    """Say whether ids of the target are kept: of customers, products, or documents that are or may be there."""
    states = [str(state) for state in (DispatchState.SENDING, DispatchState.UNCLEAR, DispatchState.ACCEPTED)]
    link = select(TargetLink.our_key).where(TargetLink.connection_id == connection_id).limit(1)
    sent = select(Dispatch.id).where(Dispatch.connection_id == connection_id, Dispatch.state.in_(states)).limit(1)
    return any(uow.session.scalar(each) is not None for each in (link, sent))


class DatabaseLinks:
    """The `LinkStore` and `NumberSeries` of one connection.

    A link that is found once is not asked for again; each `put` is a small transaction of its own, since what was
    created in the target stays created whatever becomes of the document.
    """

    def __init__(
        self, database: Database, context: Context, connection_id: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._context = context
        self._connection_id = connection_id
        self._clock = clock
        self._known: dict[tuple[str, str], str] = {}

    def get(self, kind: str, our_key: str) -> str | None:
        """The target's id, or None."""
        known = self._known.get((kind, our_key))
        if known is not None:
            return known
        with self._database.read(self._context) as uow:
            found = uow.session.scalar(
                select(TargetLink.target_id).where(
                    TargetLink.connection_id == self._connection_id,
                    TargetLink.kind == kind,
                    TargetLink.our_key == our_key,
                )
            )
        if found is not None:
            self._known[(kind, our_key)] = found
        return found

    def put(self, kind: str, our_key: str, target_id: str, matched_by: str) -> None:
        """Remember (or replace) a link."""
        told = {"target_id": target_id, "matched_by": matched_by, "linked_at": self._clock()}
        with self._database.begin(self._context) as uow:
            on_postgresql = uow.session.get_bind().dialect.name == "postgresql"
            table: Any = TargetLink.__table__
            statement: Any = postgresql_insert(table) if on_postgresql else sqlite_insert(table)
            statement = statement.values(
                tenant_id=self._context.tenant_id,
                connection_id=self._connection_id,
                kind=kind,
                our_key=our_key,
                **told,
            ).on_conflict_do_update(index_elements=["connection_id", "kind", "our_key"], set_=told)
            uow.session.connection().execute(statement)
            uow.commit()
        self._known[(kind, our_key)] = target_id

    def number_for(self, document_key: str, *, first: int) -> IssuedNumber:
        """The document's invoice number, in a transaction of its own: given out once, kept whatever comes of it."""
        with self._database.begin(self._context) as uow:
            issued = issue_number(uow, self._connection_id, document_key, first=first, now=self._clock())
            uow.commit()
        return issued
