"""Another system owns customers, contact persons and sites: what it sends is made or changed by its own references.

Every item can be sent again and again; the same content changes nothing. Where somebody changed the same field here, a
policy decides (`domain.conflicts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select

from services.customers.app.external_registers import REGISTERS, Register, is_archived, plain_value
from services.customers.app.sites import lock_tree
from services.customers.domain.conflicts import NEVER_SENT, Difference, Policy, Winner, theirs_is_taken
from services.customers.models import ConflictPolicy, Customer, ExternalReference
from shared.db import UnitOfWork
from shared.db.database import AlreadyExists
from shared.db.tables import audit_log
from shared.errors import Conflict, FieldError, NotFound, UrakkaError
from shared.ids import new_id

AT_ONCE = 200
"""Items in one transaction."""
_LOOK_BACK = 200
_WORTH_IT = 4


class LinkedAlready(Conflict):
    """The record has another reference of the same system."""

    code = "external.linked_already"
    title = "The record is known to this system under another reference"


@dataclass(frozen=True, slots=True)
class Item:
    """One record as the other system sends it.

    fields      as the register's own API takes them, with `…_reference` beside `…_id`; those left out stay
    changed_at  when it was changed there, aware; None: now
    archived    True: out of use, False: in use, None: as it is
    """

    reference: str
    fields: Mapping[str, Any]
    changed_at: datetime | None = None
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item.

    action  created | linked | changed | unchanged | refused; linked: found here by a key of its own, and maybe changed
    kept    fields in which what is here won
    """

    reference: str
    action: str
    record_id: str | None = None
    version: int | None = None
    kept: tuple[str, ...] = ()
    code: str | None = None
    errors: tuple[FieldError, ...] = field(default_factory=tuple)


def upsert(uow: UnitOfWork, source: str, register: str, item: Item, *, now: datetime) -> Outcome:
    """Make or change one record in a transaction of its own.

    Raises what the register's own rules raise, UnknownReference, LinkedAlready.
    """
    with uow:
        outcome = _Upserts(uow, source, REGISTERS[register], now).take(item)
        uow.commit()
    return outcome


def upsert_many(
    begin: Callable[[], UnitOfWork], source: str, register: str, items: Iterable[Item], *, now: datetime
) -> Iterator[Outcome]:
    """Make or change many records, each for itself: a refused one stops no other.

    begin  gives a new unit of work; AT_ONCE items share one. An item may name those before it.
    """
    waiting = iter(items)
    while chunk := list(islice(waiting, AT_ONCE)):
        with begin() as uow:
            upserts = _Upserts(uow, source, REGISTERS[register], now)
            upserts.look_up([item.reference for item in chunk])
            made = _make_together(uow, upserts, upserts.fresh(chunk))
            outcomes = [made.get(index) or _attempted(uow, upserts, item) for index, item in enumerate(chunk)]
            uow.commit()
        yield from outcomes


def _make_together(uow: UnitOfWork, upserts: _Upserts, fresh: Mapping[int, Item]) -> dict[int, Outcome]:
    """Make new records together, which costs a fraction; those beside a wrong one in ever smaller groups.

    Returns index → outcome of those that were made; the others are left to be made, or refused, one by one.
    """
    if len(fresh) < _WORTH_IT:
        return {}
    try:
        with uow.attempt():
            return dict(zip(fresh, upserts.make_many(list(fresh.values())), strict=True))
    except UrakkaError:
        upserts.forget(item.reference for item in fresh.values())
    entries = list(fresh.items())
    middle = len(entries) // 2
    first = _make_together(uow, upserts, dict(entries[:middle]))
    return first | _make_together(uow, upserts, dict(entries[middle:]))


def _attempted(uow: UnitOfWork, upserts: _Upserts, item: Item) -> Outcome:
    """Two systems may send the same record at the same moment: the later one finds it made and changes it."""
    for last in (False, True):
        try:
            with uow.attempt():
                return upserts.take(item)
        except AlreadyExists as error:
            if last:
                return _refused(item, error)
            upserts.forget([item.reference])
        except UrakkaError as error:
            upserts.forget([item.reference])
            return _refused(item, error)
    raise AssertionError("not reached")


def _refused(item: Item, error: UrakkaError) -> Outcome:
    errors = error.errors or (FieldError("", error.code, error.detail),)
    return Outcome(item.reference, "refused", code=error.code, errors=errors)


class _Upserts:
    """The upserts of one transaction."""

    def __init__(self, uow: UnitOfWork, source: str, register: Register, now: datetime) -> None:
        self._uow = uow
        self._source = source
        self._register = register
        self._now = now
        self._policy = policy_of(uow, source, register.name)
        self._known: dict[tuple[str, str], ExternalReference | None] = {}
        self._held: dict[str, Any] = {}
        if register.needs_tree:
            lock_tree(uow)

    def look_up(self, references: Sequence[str]) -> None:
        """Load the references and their records at once, in the order of their ids: nobody waits crosswise."""
        statement = self._references(self._register.name).where(ExternalReference.reference.in_(references))
        found = {each.reference: each for each in self._uow.session.scalars(statement)}
        self._known = {(self._register.name, one): found.get(one) for one in references}
        model = self._register.model
        ids = sorted(each.record_id for each in found.values())
        locked = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update()
        self._held = {record.id: record for record in self._uow.session.scalars(locked)}

    def forget(self, references: Iterable[str]) -> None:
        """Ask anew for what is known: an attempt was undone."""
        for reference in references:
            self._known.pop((self._register.name, reference), None)

    def fresh(self, chunk: Sequence[Item]) -> dict[int, Item]:
        """Return index → item of those that nothing here can be: an unknown reference, and keys that nobody has."""
        found: dict[int, Item] = {}
        seen: set[tuple[str, str]] = set()
        for index, item in enumerate(chunk):
            keys = {("reference", item.reference), *self._register.keys(item.fields)}
            unknown = self._known.get((self._register.name, item.reference)) is None
            if unknown and not item.archived and not keys & seen:
                found[index] = item
            seen |= keys
        taken = self._register.taken_keys(self._uow, [item.fields for item in found.values()])
        return {index: item for index, item in found.items() if taken.isdisjoint(self._register.keys(item.fields))}

    def make_many(self, items: Sequence[Item]) -> list[Outcome]:
        """Make new records in as few statements as possible; raises if any of them is wrong, or is here meanwhile."""
        ids: dict[str, str] = {}

        def id_of(register: str, reference: str) -> str:
            if register == self._register.name and reference in ids:
                return ids[reference]
            return self._id_of(register, reference)

        new: list[tuple[str, dict[str, Any]]] = []
        for item in items:
            fields = self._register.resolved(item.fields, id_of)
            ids[item.reference] = new_id()
            new.append((ids[item.reference], fields))
        records = self._register.make_many(self._uow, new, self._now)
        for item, record, (_, fields) in zip(items, records, new, strict=True):
            self._add_link(item, record.id, _plain(self._register.made(record, fields), fields))
        self._uow.session.flush()
        return [
            Outcome(item.reference, "created", record.id, record.version)
            for item, record in zip(items, records, strict=True)
        ]

    def take(self, item: Item) -> Outcome:
        """Make or change the item's record; the caller's transaction is open."""
        fields = self._register.resolved(item.fields, self._id_of)
        link = self._reference(self._register.name, item.reference)
        if link is not None:
            record = self._record(link.record_id)
            return self._bring_up(item, link, record, fields, "changed")
        record = self._register.find(self._uow, fields)
        if record is None:
            return self._make(item, fields)
        self._refuse_linked(record)
        link = self._link(item, record.id, {})
        return self._bring_up(item, link, record, fields, "linked")

    def _make(self, item: Item, fields: Mapping[str, Any]) -> Outcome:
        record = self._register.make(self._uow, new_id(), fields, self._now)
        stored = self._register.stored(self._uow, record, self._now)
        self._link(item, record.id, _plain(stored, fields))
        if item.archived:
            self._register.set_archived(self._uow, record, archived=True, now=self._now)
        self._uow.session.flush()
        return Outcome(item.reference, "created", record.id, record.version)

    def _bring_up(
        self, item: Item, link: ExternalReference, record: Any, fields: Mapping[str, Any], action: str
    ) -> Outcome:
        before = record.version
        if item.archived is False and is_archived(record):
            self._register.set_archived(self._uow, record, archived=False, now=self._now)
        differing = self._register.differing(self._uow, record, fields, self._now)
        stored = self._register.stored(self._uow, record, self._now)
        taken = {
            name: value for name, value in differing.items() if self._takes(item, link, record, name, stored, value)
        }
        if taken:
            self._register.change(self._uow, record, taken, self._now)
        if item.archived and not is_archived(record):
            self._register.set_archived(self._uow, record, archived=True, now=self._now)
        self._uow.session.flush()
        healed = {**self._register.stored(self._uow, record, self._now), **differing}
        link.sent = {**link.sent, **_plain(healed, fields)}
        link.received_at = self._now
        self._uow.session.flush()
        kept = tuple(sorted(differing.keys() - taken.keys()))
        if action == "changed" and record.version == before and not taken:
            action = "unchanged"
        return Outcome(item.reference, action, record.id, record.version, kept)

    def _takes(
        self, item: Item, link: ExternalReference, record: Any, name: str, stored: Mapping[str, Any], theirs: Any
    ) -> bool:
        sent = link.sent.get(name, NEVER_SENT)
        difference = Difference(plain_value(stored.get(name)), sent, plain_value(theirs))
        return theirs_is_taken(
            self._policy.of(name),
            difference,
            there_at=item.changed_at or self._now,
            here_at=lambda: self._changed_at(record, name),
        )

    def _changed_at(self, record: Any, name: str) -> datetime | None:
        """When the field was last changed here, as far as the audit log of the record goes back."""
        statement = (
            select(audit_log.c.at, audit_log.c.changes)
            .where(
                audit_log.c.tenant_id == self._uow.context.tenant_id,
                audit_log.c.entity == self._register.model.__tablename__,
                audit_log.c.entity_id == record.id,
            )
            .order_by(audit_log.c.at.desc())
            .limit(_LOOK_BACK)
        )
        return next((row.at for row in self._uow.session.execute(statement) if name in row.changes), None)

    def _record(self, record_id: str) -> Any:
        record: Any = self._held.get(record_id)
        if record is None:
            record = self._uow.session.get(self._register.model, record_id, with_for_update=True)
        survivor_id = getattr(record, "merged_into", None)
        if survivor_id is not None:
            record = self._uow.session.get(Customer, survivor_id, with_for_update=True)
        if record is None:
            raise NotFound("The record is gone.")
        return record

    def _refuse_linked(self, record: Any) -> None:
        statement = self._references(self._register.name).where(ExternalReference.record_id == record.id)
        if (other := self._uow.session.scalar(statement)) is not None:
            raise LinkedAlready(f"It is known as {other.reference}.", reference=other.reference)

    def _link(self, item: Item, record_id: str, sent: Mapping[str, Any]) -> ExternalReference:
        link = self._add_link(item, record_id, sent)
        self._uow.session.flush()
        return link

    def _add_link(self, item: Item, record_id: str, sent: Mapping[str, Any]) -> ExternalReference:
        link = ExternalReference(
            source=self._source,
            register=self._register.name,
            reference=item.reference,
            record_id=record_id,
            sent=dict(sent),
            received_at=self._now,
        )
        self._uow.session.add(link)
        self._known[self._register.name, item.reference] = link
        return link

    def _id_of(self, register: str, reference: str) -> str:
        link = self._reference(register, reference)
        if link is None:
            raise KeyError(reference)
        if register == "customers":
            customer = self._uow.session.get(Customer, link.record_id)
            return customer.merged_into or customer.id if customer else link.record_id
        return link.record_id

    def _reference(self, register: str, reference: str) -> ExternalReference | None:
        key = (register, reference)
        if key not in self._known:
            statement = self._references(register).where(ExternalReference.reference == reference)
            self._known[key] = self._uow.session.scalar(statement)
        return self._known[key]

    def _references(self, register: str) -> Any:
        return select(ExternalReference).where(
            ExternalReference.source == self._source, ExternalReference.register == register
        )


def policy_of(uow: UnitOfWork, source: str, register: str) -> Policy:
    """Return who wins for a register of a system; theirs, if nobody said otherwise."""
    stored = uow.session.get(ConflictPolicy, (uow.context.tenant_id, source, register))
    if stored is None:
        return Policy()
    return Policy(Winner(stored.default_winner), {name: Winner(one) for name, one in stored.fields.items()})


def put_policy(uow: UnitOfWork, source: str, register: str, policy: Policy) -> Policy:
    """Say who wins from now on."""
    with uow:
        key = {"tenant_id": uow.context.tenant_id, "source": source, "register": register}
        winners = {name: winner.value for name, winner in policy.fields.items()}
        uow.session.merge(ConflictPolicy(**key, default_winner=policy.default.value, fields=winners))
        uow.commit()
    return policy


def reference_of(uow: UnitOfWork, source: str, register: str, reference: str) -> ExternalReference:
    """Return what a system's reference stands for. Raises NotFound."""
    found = uow.session.get(ExternalReference, (uow.context.tenant_id, source, register, reference))
    if found is None:
        raise NotFound("This system has not sent such a record.")
    return found


def forget_reference(uow: UnitOfWork, source: str, register: str, reference: str) -> None:
    """Take a reference away; the record stays. Raises NotFound."""
    with uow:
        uow.session.delete(reference_of(uow, source, register, reference))
        uow.commit()


def _plain(healed: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was sent as it is stored: only healed values can be compared."""
    return {name: plain_value(healed[name]) for name in sent if name in healed}
