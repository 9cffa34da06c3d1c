"""A worker makes an order on the spot, maybe offline, and sends it when the phone is back."""

from __future__ import annotations

from datetime import datetime

from services.workorders.app.charging import recharge
from services.workorders.app.commands import OrderWish
from services.workorders.app.creation import assign_new, make_order
from services.workorders.app.loading import LoadedOrder, load_order, take_step
from services.workorders.app.recording import add_rows, unseen
from services.workorders.app.refusals import Refusals
from services.workorders.domain.lifecycle import Step
from services.workorders.domain.values import Origin
from shared.db import UnitOfWork
from shared.db.database import Creation


def create_field_order(uow: UnitOfWork, wish: OrderWish, creation: Creation, *, now: datetime) -> LoadedOrder:
    """Make an order that its maker has already started, with the rows recorded so far.

    creation  carries the client's own id: the same id with the same content gives the same order, from any device;
              another content is refused (KeyReused), since the second device may know less than the first.
    The customer may be provisional: a name and a phone number, to be put right before approval.
    Raises KeyReused, and what `plan_order` raises.
    """
    with uow:
        known = uow.repeated(creation)
        if known is not None:
            return load_order(uow, known)
        refusals = Refusals()
        loaded = make_order(uow, wish, creation.id, Origin.FIELD, refusals, now=now)
        assign_new(uow, loaded, uow.context.actor, now=now)
        take_step(uow, loaded, Step.START, now=now)
        loaded.order.started_at = now
        with refusals.noted():
            add_rows(uow, loaded, unseen([], wish.rows), now=now)
        refusals.raise_all()
        recharge(uow, loaded, now=now)
        uow.created(creation, loaded.order.id)
        uow.commit()
        return loaded
