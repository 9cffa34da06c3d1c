"""Erasing a person's data on request, wherever this service has written it (domain.md §2.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from services.customers.domain.customer import fold
from services.customers.domain.erasure import ERASED, PERSONAL, Person, forgotten_report, person_of
from services.customers.models import CONTACT_SEARCH, Contact, ExternalReference, Import, ImportFile
from shared.db import UnitOfWork, get_or_404
from shared.db.tables import audit_log

_RUNNING = "running"


def erase_contact(uow: UnitOfWork, contact_id: str, *, now: datetime) -> Contact:
    """Erase a person's data on request: a placeholder stays where the person stood, also in the audit log.

    Roles stay, so that history keeps its shape. Reports of imports forget the person, by every name, address and
    number that it ever had here; files that were imported are not kept any longer, for a person may stand anywhere in
    them (their marked copies go with them). An import that runs right now keeps its file until it has ended.
    Doing it twice erases what came in between. Raises NotFound.
    """
    with uow:
        contact = get_or_404(uow.session, Contact, contact_id, for_update=True)
        states = list(_states(uow, contact))
        person, names = person_of(contact.id, states), {str(state.get("name") or "") for state in states} - {ERASED}
        if contact.erased_at is None:
            contact.name, contact.erased_at = ERASED, now
            contact.title = contact.email = contact.phone = contact.notes = None
            uow.session.flush()
        uow.session.execute(
            update(audit_log).where(*_about(uow, contact)).values(changes={"erased": {"from": None, "to": None}})
        )
        _forget_what_was_sent(uow, contact)
        _forget_in_reports(uow, person)
        CONTACT_SEARCH.forget(uow, (fold(name) for name in names))
        ended = select(Import.id).where(Import.state != _RUNNING)
        uow.session.execute(delete(ImportFile).where(ImportFile.import_id.in_(ended)))
        uow.commit()
    return contact


def _forget_what_was_sent(uow: UnitOfWork, contact: Contact) -> None:
    """Another system sent the person's data; its reference stays, so that the person does not come back."""
    sent = update(ExternalReference).where(ExternalReference.register == "contacts")
    uow.session.execute(sent.where(ExternalReference.record_id == contact.id).values(sent={}))


def _forget_in_reports(uow: UnitOfWork, person: Person) -> None:
    """One report at a time: each may hold ten thousand rows."""
    for import_id in list(uow.session.scalars(select(Import.id))):
        report = uow.session.scalar(select(Import.report).where(Import.id == import_id))
        without = forgotten_report(report or {}, person)
        if without != report:
            uow.session.execute(update(Import).where(Import.id == import_id).values(report=without))


def _states(uow: UnitOfWork, contact: Contact) -> Iterator[Mapping[str, Any]]:
    """The fields of the person as they are, and as the audit log says that they were."""
    yield {name: getattr(contact, name) for name in PERSONAL}
    for changes in uow.session.scalars(select(audit_log.c.changes).where(*_about(uow, contact))):
        for side in ("from", "to"):
            yield {name: change[side] for name, change in changes.items() if name in PERSONAL}


def _about(uow: UnitOfWork, contact: Contact) -> tuple[Any, ...]:
    return (
        audit_log.c.tenant_id == uow.context.tenant_id,
        audit_log.c.entity == Contact.__tablename__,
        audit_log.c.entity_id == contact.id,
    )
