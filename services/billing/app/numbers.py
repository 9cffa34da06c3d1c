"""The series of invoice numbers of a connection, for targets that number nothing themselves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from services.billing.domain.dispatch import DispatchState
from services.billing.domain.numbering import IssuedNumber
from services.billing.models import BillingDocument, Connection, ConnectionNumber, Dispatch
from shared.db import UnitOfWork
from shared.errors import NotFound


class NumberState(StrEnum):
    """What became of a number."""

    USED = "used"
    """The document was handed over."""
    OPEN = "open"
    """The document is still on its way."""
    VOID = "void"
    """The document will never be sent: the number stands for nothing, and no other document gets it."""


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """A number of the series, as an auditor wants to see it."""

    number: int
    document_key: str
    issued_at: datetime
    state: NumberState


def issue_number(uow: UnitOfWork, connection_id: str, document_key: str, *, first: int, now: datetime) -> IssuedNumber:
    """Give a document its number: the next one of the series, or the one it has already. The caller commits.

    The row of the connection is locked meanwhile, so numbers are given out one after the other and none is lost: the
    next is the highest on record plus one, or `first` if that is higher. Raises NotFound for an unknown connection.
    """
    # FOR NO KEY UPDATE: an approval that refers to the connection from a new dispatch need not wait for this lock.
    locked = select(Connection.id).where(Connection.id == connection_id).with_for_update(key_share=True)
    if uow.session.scalar(locked) is None:
        raise NotFound("There is no such connection.")
    known = uow.session.scalar(
        select(ConnectionNumber).where(
            ConnectionNumber.connection_id == connection_id, ConnectionNumber.document_key == document_key
        )
    )
    if known is not None:
        return IssuedNumber(known.number, known.issued_at)
    highest = uow.session.scalar(
        select(func.max(ConnectionNumber.number)).where(ConnectionNumber.connection_id == connection_id)
    )
    number = max(first, (highest or 0) + 1)
    issued = ConnectionNumber(connection_id=connection_id, number=number, document_key=document_key, issued_at=now)
    uow.session.add(issued)
    uow.session.flush()
    return IssuedNumber(number, now)


def list_numbers(
    uow: UnitOfWork, connection_id: str, *, after: int = -1, limit: int | None = None
) -> list[ListedNumber]:
    """The numbers of the series in order, with what became of each; void ones included.

    after  only higher ones. limit: at most so many, None for all.
    """
    of_page = (
        select(ConnectionNumber)
        .where(ConnectionNumber.connection_id == connection_id, ConnectionNumber.number > after)
        .order_by(ConnectionNumber.number)
        .limit(limit)
    )
    with uow:
        numbers = uow.session.scalars(of_page).all()
        states = (
            select(BillingDocument.key, Dispatch.state)
            .join(Dispatch, Dispatch.document_id == BillingDocument.id)
            .join(ConnectionNumber, ConnectionNumber.document_key == BillingDocument.key)
            .where(
                Dispatch.connection_id == connection_id,
                ConnectionNumber.connection_id == connection_id,
                ConnectionNumber.number > after,
                ConnectionNumber.number <= (numbers[-1].number if numbers else after),
            )
        )
        fates = {key: DispatchState(state) for key, state in uow.session.execute(states)}
        return [
            ListedNumber(each.number, each.document_key, each.issued_at, _state(fates.get(each.document_key)))
            for each in numbers
        ]


def _state(fate: DispatchState | None) -> NumberState:
    if fate in (DispatchState.ACCEPTED, DispatchState.REVERSED):
        return NumberState.USED
    return NumberState.VOID if fate is DispatchState.SKIPPED else NumberState.OPEN
