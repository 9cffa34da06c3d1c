"""Making one customer of two that are the same, and taking that back (domain.md §2.1, Merge).

The merged customer stays as an archived record that names the survivor: so its number remains an alias, by which
searches and workbooks find the survivor, and all history keeps the customer that it was written for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from services.customers.app.customers import check_payer, store_changes, stored_fields
from services.customers.app.events import publish_customer
from services.customers.app.merge_parts import (
    Parts,
    hand_over_sites,
    move_attachments,
    move_back,
    move_links,
    parts_of_customer,
    refuse_changed,
    roles_of,
    sites_changing_hands,
)
from services.customers.app.sites import lock_tree
from services.customers.domain.customer import changed_customer, plain_field, refuse_archived, revived_field
from services.customers.domain.errors import CustomerMerged, MergeBilled, NotMerged
from services.customers.domain.merge import Difference, MergeWarning, differences, merge_warnings, refuse_merge
from services.customers.models import Customer, CustomerMerge
from shared.clock import business_day, iso_utc
from shared.db import UnitOfWork, check_version, get_or_404
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class MergeOrder:
    """Which customer goes into which, at which versions, and which fields (`domain.merge.FIELDS`) it brings along."""

    merged_id: str
    into_id: str
    merged_version: int | None
    into_version: int | None
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do. moves  what → how many"""

    merged: Customer
    into: Customer
    moves: Mapping[str, int]
    differences: Sequence[Difference]
    warnings: Sequence[MergeWarning]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge with its two customers as they are now. moved  what → how many"""

    merge: CustomerMerge
    merged: Customer
    into: Customer

    @property
    def moved(self) -> dict[str, int]:
        """Count what came over."""
        return {name: len(ids) for name, ids in self.merge.moved.items()}


def preview_merge(uow: UnitOfWork, customer_id: str, into_id: str) -> MergePreview:
    """Say what merging would move, which fields differ, and what to think about. Writes nothing.

    Raises NotFound, CannotMerge, CustomerArchived, CustomerMerged.
    """
    merged, into = get_or_404(uow.session, Customer, customer_id), get_or_404(uow.session, Customer, into_id)
    _refuse_unfit(merged, into)
    parts = parts_of_customer(uow, merged.id)
    same = roles_of(parts.links) & roles_of(parts_of_customer(uow, into.id).links)
    moves = {
        "contact_links": len(parts.links) - len(same),
        "same_links": len(same),
        "site_attachments": len(parts.attachments),
        "sites": sites_changing_hands(uow, merged.id),
        "payers": len(parts.payers),
        "aliases": len(parts.aliases) + 1,
    }
    fields = stored_fields(merged), stored_fields(into)
    return MergePreview(merged, into, moves, differences(*fields), merge_warnings(*fields))


def merge_customers(uow: UnitOfWork, order: MergeOrder, *, now: datetime) -> Merged:
    """Move everything from one customer to another and archive it, in one transaction; tells all that changed.

    Doing it twice changes nothing. Orders and documents belong to other services, which follow `merged_into` of the
    event: orders before approval move, what is approved or billed keeps the customer that it was approved for.
    Raises NotFound, VersionMismatch, CannotMerge, CustomerArchived, CustomerMerged, InvalidCustomer.
    """
    with uow:
        lock_tree(uow)
        merged = get_or_404(uow.session, Customer, order.merged_id, for_update=True)
        into = get_or_404(uow.session, Customer, order.into_id, for_update=True)
        done = _newest_merge(uow, merged.id)
        if done is not None and done.undone_at is None and done.survivor_id == into.id:
            return Merged(done, merged, into)
        _refuse_unfit(merged, into)
        check_version(merged, order.merged_version)
        check_version(into, order.into_version)
        merge = _merge(uow, merged, into, order.fields, now)
        uow.commit()
    return Merged(merge, merged, into)


def undo_merge(uow: UnitOfWork, customer_id: str, *, expected_version: int | None, now: datetime) -> Merged:
    """Take the newest merge of a customer back: everything returns as it was. Doing it twice changes nothing.

    A merge may be undone while nothing was billed on it (`note_billed`), and while neither customer, nor any
    customer, link or attachment that the merge moved, has changed since. A document that billing has made but no
    accounting system has taken does not prevent it; it keeps the customer that it was made for.
    Raises NotFound, NotMerged, VersionMismatch, MergeBilled, MergeInUse.
    """
    with uow:
        lock_tree(uow)
        merged = get_or_404(uow.session, Customer, customer_id, for_update=True)
        merge = _newest_merge(uow, merged.id)
        if merge is None:
            raise NotMerged("There is no merge of this customer to take back.")
        into = get_or_404(uow.session, Customer, merge.survivor_id, for_update=True)
        if merge.undone_at is None:
            check_version(merged, expected_version)
            _refuse_billed(merge)
            refuse_changed(uow, merge)
            _undo(uow, merge, merged, into, now)
            uow.commit()
    return Merged(merge, merged, into)


def note_billed(uow: UnitOfWork, document_id: str, customer_ids: Collection[str], *, at: datetime) -> None:
    """Remember for each merge that stands which document billed one of its customers first.

    Bills of the survivor's own count: orders that moved before approval are not told from its others. What was
    accepted before the merge does not count, however late it is heard. Runs inside the open transaction.

    customer_ids  who pays the document, and whose orders it bills
    """
    statement = select(CustomerMerge).where(
        CustomerMerge.undone_at.is_(None),
        CustomerMerge.billed_at.is_(None),
        CustomerMerge.merged_at <= at,
        or_(CustomerMerge.merged_id.in_(customer_ids), CustomerMerge.survivor_id.in_(customer_ids)),
    )
    for merge in uow.session.scalars(statement.order_by(CustomerMerge.id).with_for_update()):
        merge.billed_at, merge.billed_document_id = at, document_id


def _refuse_billed(merge: CustomerMerge) -> None:
    if merge.billed_at is not None:
        detail = f"Work was billed on {business_day(merge.billed_at)}, after the merge."
        raise MergeBilled(detail, document_id=merge.billed_document_id, billed_at=iso_utc(merge.billed_at))


def _merge(uow: UnitOfWork, merged: Customer, into: Customer, fields: Sequence[str], now: datetime) -> CustomerMerge:
    parts = parts_of_customer(uow, merged.id)
    business_id, before = _take_fields(uow, merged, into, fields)
    moved: dict[str, list[Any]] = move_links(uow, parts, into)
    moved["site_attachments"] = move_attachments(parts, into)
    others = _follow(parts, into, before)
    moved["import_keys"] = [key.fingerprint for key in parts.keys]
    merged.archived_at, merged.merged_into = now, into.id
    into.touch(now)
    hand_over_sites(uow, moved["site_attachments"], now)
    check_payer(uow, into.id, into.payer_id)
    for name in ("payers", "aliases"):
        moved[name] = [{"id": one.id, "version": one.version} for one in getattr(parts, name) if one is not into]
    merge = CustomerMerge(
        id=new_id(),
        merged_id=merged.id,
        survivor_id=into.id,
        merged_version=merged.version,
        survivor_version=into.version,
        moved=moved,
        before=before,
        business_id=business_id,
        merged_at=now,
        undone_at=None,
    )
    uow.session.add(merge)
    for customer in (into, merged, *others):
        publish_customer(uow, customer)
    return merge


def _undo(uow: UnitOfWork, merge: CustomerMerge, merged: Customer, into: Customer, now: datetime) -> None:
    others = move_back(uow, merge)
    store_changes(into, _revived(merge.before))
    into.touch(now)
    uow.session.flush()  # a business ID must be gone from the survivor before the other has it again
    if merge.business_id is not None:
        store_changes(merged, {"business_id": merge.business_id})
    merged.archived_at = merged.merged_into = None
    merge.undone_at = now
    hand_over_sites(uow, merge.moved["site_attachments"], now)
    for customer in (merged, into, *others):
        publish_customer(uow, customer)


def _take_fields(
    uow: UnitOfWork, merged: Customer, into: Customer, fields: Sequence[str]
) -> tuple[str | None, dict[str, Any]]:
    """Set the chosen fields on the survivor; returns the business ID that went over, and the survivor's old values."""
    old = stored_fields(into)
    changes = changed_customer(old, {name: getattr(merged, name) for name in fields})
    before = {name: plain_field(old[name]) for name in changes}
    business_id = changes.get("business_id")
    if business_id is not None:
        store_changes(merged, {"business_id": None})
        uow.session.flush()  # the unique key lets only one of the two have it
    store_changes(into, changes)
    return business_id, before


def _follow(parts: Parts, into: Customer, before: dict[str, Any]) -> list[Customer]:
    """Let others name the survivor where they named the merged customer; returns them, without the survivor."""
    if into in parts.payers and "payer_id" not in before:
        before["payer_id"], into.payer_id = into.payer_id, None
    others = [one for one in parts.payers if one is not into]
    for payer in others:
        payer.payer_id = into.id
    for alias in parts.aliases:
        alias.merged_into = into.id
    for key in parts.keys:
        key.customer_id = into.id
    return list({one.id: one for one in (*others, *parts.aliases)}.values())


def _refuse_unfit(merged: Customer, into: Customer) -> None:
    refuse_merge(merged.id, into.id)
    for customer in (merged, into):
        if customer.merged_into is not None:
            detail = f"Customer {customer.number} was merged already."
            raise CustomerMerged(detail, merged_into=customer.merged_into)
        refuse_archived(archived=customer.archived)


def _newest_merge(uow: UnitOfWork, customer_id: str) -> CustomerMerge | None:
    merges = select(CustomerMerge).where(CustomerMerge.merged_id == customer_id)
    return uow.session.scalars(merges.order_by(CustomerMerge.id.desc()).limit(1)).first()


def _revived(before: Mapping[str, Any]) -> dict[str, Any]:
    return {name: revived_field(name, value) for name, value in before.items()}
