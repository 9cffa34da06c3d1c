"""A dry run: exactly what would be sent of a document, without sending, storing or asking anything."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from services.billing.app import asking, compose, preflight
from services.billing.app.connections import Vault
from services.billing.app.loading import load_document
from services.billing.app.ports import Prepared
from services.billing.domain.document import Document
from services.billing.domain.errors import NoConnection
from services.billing.domain.numbering import IssuedNumber
from services.billing.domain.outcomes import Rejected
from services.billing.domain.preflight import Problem
from services.billing.models import Connection, TargetLink
from services.billing.models.numbers import ConnectionNumber
from shared.context import Context
from shared.db import Database, UnitOfWork, get_or_404

UNKNOWN_ID = "0"
"""Stands for an identifier of the target that is not known yet. No accounting system gives it out."""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A customer or product that sending would look up, and make if the target does not have it."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would be sent.

    payload   the request's body as text, None if the document would be refused before it is sent.
    sha256    of its exact bytes.
    unlinked  what stands in it as `UNKNOWN_ID`.
    problems  as in the preview of a batch; a refusal by the adapter is among them.
    """

    connection_id: str
    target: str
    payload: str | None
    sha256: str | None
    unlinked: Sequence[Unlinked]
    problems: Sequence[Problem]


@dataclass
class _DryLinks:
    """A `LinkStore` and `NumberSeries` that knows everything, so that an adapter neither asks nor makes anything."""

    known: dict[tuple[str, str], str]
    number: int | None
    highest: int
    now: datetime
    missing: list[Unlinked] = field(default_factory=list)
    rehearses: bool = True

    def get(self, kind: str, our_key: str) -> str:
        found = self.known.get((kind, our_key))
        if found is None and Unlinked(kind, our_key) not in self.missing:
            self.missing.append(Unlinked(kind, our_key))
        return found or UNKNOWN_ID

    def put(self, kind: str, our_key: str, target_id: str, matched_by: str) -> None:
        """Nothing is stored."""

    def number_for(self, document_key: str, *, first: int) -> IssuedNumber:
        """The number that it has, or the one that would be the next now."""
        return IssuedNumber(self.number or max(first, self.highest + 1), self.now)


def rehearse(
    database: Database,
    context: Context,
    vault: Vault,
    document_id: str,
    connection_id: str | None,
    *,
    now: datetime,
) -> Rehearsed:
    """Prepare a document as the dispatcher would, over the named connection, else over the payer's or the default one.

    Raises NotFound, NoConnection, InvalidSettings if the connection cannot be opened.
    """
    with database.read(context) as uow:
        document = load_document(uow.session, document_id)
        payer_id = document.payer.customer_id
        destination, _ = compose.load_destination(uow.session, context.tenant_id, connection_id, payer_id=payer_id)
        if destination is None:
            raise NoConnection()
        (problems,) = preflight.problems_of(uow, vault, destination.connection_id, [document])
        connection = get_or_404(uow.session, Connection, destination.connection_id)
        links = _dry_links(uow, connection.id, document, now)
    target = vault.open(connection.id, connection.target, connection.settings, connection.secrets)
    prepared = asking.prepare(target, document, links)
    if not isinstance(prepared, Prepared):
        problems = (*problems, *_refusal(prepared, problems))
        return Rehearsed(connection.id, connection.target, None, None, links.missing, problems)
    sha256 = hashlib.sha256(prepared.payload).hexdigest()
    return Rehearsed(connection.id, connection.target, _text(prepared.payload), sha256, links.missing, problems)


def _refusal(outcome: object, known: Sequence[Problem]) -> list[Problem]:
    if not isinstance(outcome, Rejected) or any(each.code == outcome.code for each in known):
        return []
    return [Problem(outcome.code, outcome.detail, outcome.pointer)]


def _dry_links(uow: UnitOfWork, connection_id: str, document: Document, now: datetime) -> _DryLinks:
    keys = {document.payer.number, *(line.product_code for line in document.lines)}
    keys |= {code for line in document.lines for code in line.target_codes.values()}
    links = uow.session.execute(
        select(TargetLink.kind, TargetLink.our_key, TargetLink.target_id).where(
            TargetLink.connection_id == connection_id, TargetLink.our_key.in_(sorted(keys))
        )
    )
    known = {(row.kind, row.our_key): row.target_id for row in links}
    of_connection = ConnectionNumber.connection_id == connection_id
    number = uow.session.scalar(
        select(ConnectionNumber.number).where(of_connection, ConnectionNumber.document_key == document.key)
    )
    highest = uow.session.scalar(select(func.max(ConnectionNumber.number)).where(of_connection))
    return _DryLinks(known, number, highest or 0, now)


def _text(payload: bytes) -> str:
    """The bytes as text: UTF-8, else ISO 8859-15, in which Finvoice files for banks are written."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("iso8859-15")
