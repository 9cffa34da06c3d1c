"""Sending an accepted document once more, to targets that know it again by its key: a receiver has lost what it had."""

import hashlib
from dataclasses import replace
from datetime import datetime

from services.billing.app import asking
from services.billing.app.connections import Vault
from services.billing.app.desk import DispatchView, view_of_dispatch
from services.billing.app.links import DatabaseLinks
from services.billing.app.loading import Item, load_one, with_attachments
from services.billing.app.ports import Prepared
from services.billing.app.traces import Mask, stored_form, write_trace
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.errors import ForbiddenDispatchStep
from services.billing.domain.exchanges import Exchange, collected
from services.billing.domain.outcomes import NotSent, Outcome, Rejected, Unclear
from services.billing.models import Connection, Dispatch, DispatchAttempt
from shared.clock import utc_now
from shared.context import Context
from shared.db import Database, UnitOfWork, check_version, get_or_404
from shared.errors import NotFound
from shared.ids import new_id

KIND = "replay"


def replay_dispatch(
    database: Database, context: Context, vault: Vault, dispatch_id: str, expected_version: int | None
) -> DispatchView:
    """Send an accepted document again over the connection that took it; the dispatch stays accepted, whatever comes.

    What came is in the history. No transaction is open during the call.
    Raises NotFound, VersionMismatch, ForbiddenDispatchStep, InvalidSettings if the connection cannot be opened.
    """
    with database.read(context) as uow:
        item, connection = _loaded(uow, vault, dispatch_id, expected_version)
    target = vault.open(connection.id, connection.target, connection.settings, connection.secrets)
    mask = Mask(vault.unseal(connection.id, connection.secrets).values())
    links = DatabaseLinks(database, context, connection.id, clock=utc_now)
    started = utc_now()
    with collected() as exchanges:
        prepared = asking.prepare(target, item.document, links)
        outcome: Outcome = asking.send(target, prepared) if isinstance(prepared, Prepared) else prepared
    sha256 = hashlib.sha256(prepared.payload).hexdigest() if isinstance(prepared, Prepared) else None
    with database.begin(context) as uow:
        _record(uow, item, outcome, sha256, started, exchanges, mask)
        uow.session.flush()
        view = view_of_dispatch(uow, dispatch_id)
        uow.commit()
    return view


def _loaded(uow: UnitOfWork, vault: Vault, dispatch_id: str, expected_version: int | None) -> tuple[Item, Connection]:
    item = load_one(uow.session, uow.context.tenant_id, dispatch_id)
    if item is None:
        raise NotFound(f"There is no dispatch with the id {dispatch_id[:36]}.")
    check_version(get_or_404(uow.session, Dispatch, dispatch_id), expected_version)
    current = item.current
    if current.record.state is not DispatchState.ACCEPTED:
        detail = "Only what was accepted is sent again; try again what was not."
        raise ForbiddenDispatchStep(detail, reason="dispatch.not_accepted")
    if not getattr(vault.kind(current.target), "repeatable", False):
        detail = f"A second sending to {current.target} would make a second document there."
        raise ForbiddenDispatchStep(detail, reason="dispatch.not_repeatable")
    if item.attachment_count:
        item = replace(item, document=with_attachments(uow.session, item.document))
    return item, get_or_404(uow.session, Connection, current.connection_id)


def _record(
    uow: UnitOfWork,
    item: Item,
    outcome: Outcome,
    sha256: str | None,
    started: datetime,
    exchanges: list[Exchange],
    mask: Mask,
) -> None:
    detail = None
    if isinstance(outcome, Rejected):
        detail = outcome.detail
    elif isinstance(outcome, NotSent | Unclear):
        detail = outcome.reason
    attempt = DispatchAttempt(
        id=new_id(),
        dispatch_id=item.current.dispatch_id,
        kind=KIND,
        number=item.current.record.attempts,
        actor=uow.context.actor,
        started_at=started,
        ended_at=utc_now(),
        document_key=item.current.document_key,
        payload_sha256=sha256,
        outcome=type(outcome).__name__,
        detail=mask.hide(detail),
    )
    uow.session.add(attempt)
    uow.session.flush()
    write_trace(uow, item.current.dispatch_id, attempt.id, stored_form(exchanges, mask))
