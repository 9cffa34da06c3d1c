"""What is known of a target's identifiers, kept in the database and remembered for the run."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.billing.app.numbers import issue_number
from services.billing.domain.numbering import IssuedNumber
from services.billing.models import TargetLink
from shared.context import Context
from shared.db import Database


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
