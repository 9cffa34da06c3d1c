"""Sending a document over another connection than the one that it was meant for."""

from datetime import datetime

from sqlalchemy import select

from services.billing.app import compose
from services.billing.app.desk import DispatchView, load_for_decision, view_of_dispatch
from services.billing.app.loading import load_one
from services.billing.app.sending import write_fact
from services.billing.domain.dispatch import Circumstances, DispatchPolicy, Redirected, SentHere
from services.billing.domain.errors import ForbiddenDispatchStep, NoConnection
from services.billing.models import Dispatch
from shared.db import UnitOfWork


def redirect_dispatch(
    uow: UnitOfWork, dispatch_id: str, expected_version: int | None, connection_id: str, *, now: datetime
) -> DispatchView:
    """Skip this dispatch and let the document be sent over `connection_id`; returns the other dispatch.

    Only while the first target certainly has nothing of it: waiting (and never unclear) or rejected. A credit stays
    where its original is. Raises ForbiddenDispatchStep, NoConnection, VersionMismatch, NotFound.
    """
    with uow:
        item = load_for_decision(uow, dispatch_id, expected_version)
        current = item.current
        if current.reverses_id is not None:
            detail = "A credit goes where the document is that it credits."
            raise ForbiddenDispatchStep(detail, reason="dispatch.credit_stays")
        if connection_id == current.connection_id:
            detail = "The document is on its way over this connection already."
            raise ForbiddenDispatchStep(detail, reason="dispatch.same_connection")
        destination, _ = compose.load_destination(uow.session, uow.context.tenant_id, connection_id)
        if destination is None:
            detail = "This connection does not exist or is not in use."
            raise NoConnection(detail, reason="connection.not_in_use")
        circumstances = Circumstances(now, DispatchPolicy())
        write_fact(uow, current, "person", Redirected(connection_id), circumstances)
        skipped = select(Dispatch.id).where(
            Dispatch.document_id == current.document_id, Dispatch.connection_id == connection_id
        )
        earlier = uow.session.scalar(skipped)
        if earlier is None:
            compose.store_dispatches(uow.session, uow.context, destination, [current.document_id], now)
        elif (there := load_one(uow.session, uow.context.tenant_id, earlier, for_update=True)) is not None:
            write_fact(uow, there.current, "person", SentHere(), circumstances)
        uow.nudge("dispatch")
        view = view_of_dispatch(uow, str(uow.session.scalar(skipped)))
        uow.commit()
        return view
