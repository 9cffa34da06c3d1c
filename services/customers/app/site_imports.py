"""Importing sites: known again by their code or id, never by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, select

from services.customers.app.events import publish_site
from services.customers.app.extra_fields import known_fields
from services.customers.app.imports import TABLES
from services.customers.app.lookup import CustomersOfRows, cell_problems, parts_of, sites_by_key
from services.customers.app.sites import (
    NEW_SITE,
    add_attachment,
    attachments_of,
    lock_tree,
    refresh_customers,
    stored_site,
    subtree_of,
)
from services.customers.domain.errors import DuplicateTag, InvalidImportRow, InvalidSite, TooDeep
from services.customers.domain.extra_fields import ExtraRegister, Known
from services.customers.domain.imported_row import fingerprint
from services.customers.domain.site import FIELDS as _FIELDS
from services.customers.domain.site import checked_site, plain_field, revived_field
from services.customers.domain.site_tree import DEEPEST, SiteType, depth, path_of
from services.customers.models import SITE_SEARCH, Import, ImportRowKey, Site, SiteAttachment
from shared.clock import business_day
from shared.db import UnitOfWork
from shared.errors import FieldError
from shared.excel.table import ParsedRow, TableReading
from shared.ids import new_id
from shared.imports import Action, ImportRequest, PlannedRow, run_import, same_when_written
from shared.periods import ONE_DAY

_REGISTER: Final = "sites"


def import_sites(uow: UnitOfWork, reading: TableReading, request: ImportRequest, *, now: datetime) -> Import:
    """Import sites with their place in the tree; an empty cell leaves its field as it is.

    A site is known again by its code or id, a row with neither by its whole content. A parent may stand in the same
    file, before or after. A customer is attached from the business day of `now`. A known site is not moved: that is a
    deed of its own. Emits site.changed.v1 for every site made or changed, and for those below that change hands.
    """
    return run_import(uow, TABLES, open_sites(uow, reading, now), reading, request, now=now)  # type: ignore[no-any-return]


def open_sites(uow: UnitOfWork, _reading: TableReading, now: datetime) -> SiteRegister:
    """Return the register inside an open unit of work."""
    return SiteRegister(uow, business_day(now))


class SiteRegister:
    """The sites that rows become (a `shared.imports.Register`)."""

    def __init__(self, uow: UnitOfWork, day: date) -> None:
        """Take the day from which customers are attached."""
        self._uow = uow
        self._day = day
        self._sites: dict[str, Site] = {}
        self._owners: dict[str, str] = {}
        self._keyless: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._known: Known = {}
        self._ids_in_file: dict[str, str] = {}
        self._parents: dict[str, str | None] = {}

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do; looks all of them up at once and writes nothing."""
        self._customers = CustomersOfRows(self._uow, rows)
        self._known = known_fields(self._uow, ExtraRegister.SITES)
        keys = [str(row.values[name]) for row in rows for name in ("code", "id", "parent") if row.values.get(name)]
        self._sites = sites_by_key(self._uow, keys)
        self._load_keyless(rows)
        self._load_tags(rows)
        for part in parts_of({site.id for site in self._sites.values()}):
            for link in attachments_of(self._uow, part):
                if link.period.covers(self._day):
                    self._owners[link.site_id] = link.customer_id
        for row in rows:
            existing = self._existing(row.values)
            record_id = existing.id if existing else new_id()
            self._ids_in_file[self._key(row.values)] = record_id
        return self._refuse_orphans([self._plan(row) for row in rows])

    def _refuse_orphans(self, planned: Sequence[PlannedRow]) -> list[PlannedRow]:
        """Refuse also what lies below a refused row: it would have no parent."""
        plans, stored = list(planned), {site.id for site in self._sites.values()}
        while True:
            good = {plan.record_id for plan in plans if plan.action is not Action.REFUSED} | stored
            orphans = [
                n
                for n, plan in enumerate(plans)
                if (parent := plan.values.get("parent_id")) is not None and parent not in good
            ]
            if not orphans:
                return plans
            detail = "The row of the parent is wrong."
            for number in orphans:
                row, key, label = plans[number].row, plans[number].key, plans[number].label
                problem = FieldError("/parent", "unknown_site", detail)
                plans[number] = PlannedRow(row, Action.REFUSED, key, label, problems=(problem,))

    def write(self, planned: Sequence[PlannedRow]) -> dict[str, int]:
        """Make and change the sites, parents first, attach customers, then emit every site once."""
        lock_tree(self._uow)
        written: dict[str, Site] = {site.id: site for site in self._sites.values()}
        changed: dict[str, Site] = {}
        with self._uow.session.no_autoflush:
            for plan in sorted(planned, key=lambda one: self._level(str(one.record_id))):
                site = self._store(plan, written)
                written[site.id] = changed[site.id] = site
            SITE_SEARCH.pack(self._uow, changed.values())
        self._uow.session.flush()
        owners = [(plan, str(plan.values["customer_id"])) for plan in planned if plan.values.get("customer_id")]
        for plan, customer_id in owners:
            add_attachment(self._uow, written[str(plan.record_id)], customer_id, self._day, None)
        for plan, _ in owners:
            subtree = subtree_of(self._uow, written[str(plan.record_id)])
            refresh_customers(self._uow, subtree, self._day)
            changed |= {site.id: site for site in subtree if self._uow.session.is_modified(site)}
        self._uow.session.flush()
        for site in changed.values():
            publish_site(self._uow, site)
        return {str(plan.record_id): changed[str(plan.record_id)].version for plan in planned}

    def _store(self, plan: PlannedRow, written: Mapping[str, Site]) -> Site:
        fields = {name: plan.values[name] for name in _FIELDS if name in plan.values}
        site = written.get(str(plan.record_id))
        parent = written.get(str(plan.values.get("parent_id")))
        if site is None:
            site = Site(
                **{**NEW_SITE, **fields},
                id=plan.record_id,
                parent_id=parent.id if parent else None,
                path=path_of(str(plan.record_id), parent.path if parent else None),
                customer_id=plan.values.get("customer_id") or (parent.customer_id if parent else None),
                archived_at=None,
                withdrawn=False,
            )
            self._uow.session.add(site)
            if not plan.row.values.get("code"):
                key = ImportRowKey(register=_REGISTER, fingerprint=fingerprint(plan.row.values), record_id=site.id)
                self._uow.session.merge(key)
            return site
        for name, value in fields.items():
            setattr(site, name, value)
        if site.withdrawn:
            site.archived_at, site.withdrawn = None, False
        return site

    def _load_keyless(self, rows: Sequence[ParsedRow]) -> None:
        prints = [fingerprint(row.values) for row in rows if not row.values.get("code") and not row.values.get("id")]
        for part in parts_of(prints):
            statement = select(ImportRowKey).where(
                ImportRowKey.register == _REGISTER, ImportRowKey.fingerprint.in_(part)
            )
            self._keyless |= {key.fingerprint: key.record_id for key in self._uow.session.scalars(statement)}
        for part in parts_of(self._keyless.values()):
            self._sites |= {site.id: site for site in self._uow.session.scalars(select(Site).where(Site.id.in_(part)))}

    def _load_tags(self, rows: Sequence[ParsedRow]) -> None:
        for part in parts_of(str(row.values["tag"]) for row in rows if row.values.get("tag")):
            found = self._uow.session.execute(select(Site.tag, Site.id).where(Site.tag.in_(part)))
            self._tags |= {str(tag): site_id for tag, site_id in found}

    def _key(self, values: Mapping[str, Any]) -> str:
        return str(values.get("code") or values.get("id") or fingerprint(values))

    def _existing(self, values: Mapping[str, Any]) -> Site | None:
        for name in ("id", "code"):
            if values.get(name) and (site := self._sites.get(str(values[name]))):
                return site
        if not values.get("code") and not values.get("id"):
            return self._sites.get(self._keyless.get(fingerprint(values), ""))
        return None

    def _plan(self, row: ParsedRow) -> PlannedRow:
        key, label = self._key(row.values), str(row.values["name"])
        try:
            existing = self._existing(row.values)
            if row.values.get("id") and existing is None:
                raise _wrong("id", "unknown_site", "There is no site with this id; leave it empty for a new one.")
            customer = self._customers.of(row.values)
            parent_id = self._parent_id(row.values)
            fields = self._fields(row.values, existing)
            owner = customer.id if customer else None
            if existing is None or existing.withdrawn:
                return self._plan_new(row, key, label, fields, parent_id, owner)
            return self._plan_change(row, key, label, existing, fields, parent_id, owner)
        except (InvalidImportRow, InvalidSite, TooDeep) as error:
            problems = cell_problems(error.errors) or (FieldError("/parent", error.code, error.detail),)
            return PlannedRow(row, Action.REFUSED, key, label, problems=problems)

    def _fields(self, values: Mapping[str, Any], existing: Site | None) -> dict[str, Any]:
        """What the row says about its site, healed: an empty cell says nothing."""
        given = {name: values[name] for name in _FIELDS if values.get(name) not in (None, "", {})}
        if "device" in given and existing is not None:
            given["device"] = {**(existing.device or {}), **given["device"]}
        fields = checked_site(given, stored_site(existing) if existing else None, self._known)
        owner = existing.id if existing else self._key(values)
        if (tag := fields.get("tag")) and self._tags.setdefault(tag, owner) != owner:
            raise _wrong("tag", DuplicateTag.code, f"{tag} is on another site.")
        return fields

    def _plan_new(
        self, row: ParsedRow, key: str, label: str, fields: dict[str, Any], parent_id: str | None, owner: str | None
    ) -> PlannedRow:
        record_id = self._ids_in_file[key]
        self._parents[record_id] = parent_id
        self._refuse_loop(record_id)
        if "type" not in fields:
            fields["type"] = (SiteType.SPACE if parent_id else SiteType.PROPERTY).value
        values = {**NEW_SITE, **fields, "parent_id": parent_id, "customer_id": owner}
        return PlannedRow(row, Action.CREATED, key, label, record_id, values, stored=_shown(values, row))

    def _plan_change(
        self,
        row: ParsedRow,
        key: str,
        label: str,
        existing: Site,
        fields: Mapping[str, Any],
        parent_id: str | None,
        owner: str | None,
    ) -> PlannedRow:
        before = {name: getattr(existing, name) for name in _FIELDS}
        changes = {name: value for name, value in fields.items() if not same_when_written(before[name], value)}
        if row.values.get("parent") and parent_id != existing.parent_id:
            raise _wrong("parent", "site.move", "The site lies elsewhere in the tree; move it there first.")
        before["customer_id"] = self._owners.get(existing.id)
        if owner is not None and owner != before["customer_id"]:
            changes["customer_id"] = owner
        if changes and existing.archived:
            raise _wrong("code", "site.archived", "The site is archived; restore it before changing it.")
        action = Action.CHANGED if changes else Action.UNCHANGED
        stored = _shown({**before, **changes}, row)
        return PlannedRow(row, action, key, label, existing.id, changes, before=before, stored=stored)

    def _parent_id(self, values: Mapping[str, Any]) -> str | None:
        if not values.get("parent"):
            return None
        key = str(values["parent"])
        if key in self._ids_in_file:
            return self._ids_in_file[key]
        site = self._sites.get(key)
        if site is None or site.archived:
            raise _wrong("parent", "unknown_site", f"There is no site {key}, neither in the register nor in the file.")
        return site.id

    def _refuse_loop(self, record_id: str) -> None:
        seen, following = {record_id}, self._parents.get(record_id)
        while following is not None:
            if following in seen:
                raise _wrong("parent", "site.loop", "The site would lie inside itself.")
            seen.add(following)
            following = self._parents.get(following)
        if self._level(record_id) > DEEPEST:
            raise TooDeep(f"At most {DEEPEST} levels.")

    def _level(self, record_id: str) -> int:
        level, following = 1, self._parents.get(record_id)
        while following is not None and following in self._parents:
            level, following = level + 1, self._parents[following]
        above = self._sites.get(following or "")
        return level + (depth(above.path) if above else 0)


class SiteUndo:
    """Takes back what an import wrote to sites (a `shared.imports.Undo`)."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._sites: dict[str, Site] = {}

    def touched(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the rows whose sites were changed since, or have sites below them that the import did not make."""
        lock_tree(self._uow)
        ids = {row["id"] for row in rows}
        used: set[str] = set()
        for part in parts_of(ids):
            self._sites |= {site.id: site for site in self._uow.session.scalars(select(Site).where(Site.id.in_(part)))}
            children = select(Site.id, Site.parent_id).where(Site.parent_id.in_(part), Site.archived_at.is_(None))
            used |= {str(parent) for child, parent in self._uow.session.execute(children) if child not in ids}
        return [
            row["row"]
            for row in rows
            if row["id"] not in self._sites
            or self._sites[row["id"]].version != row["version"]
            or (row["action"] == Action.CREATED and row["id"] in used)
        ]

    def take_back(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Withdraw created sites, give changed ones their old values and owners, and emit all that changed."""
        created = [row["id"] for row in rows if row["action"] == Action.CREATED]
        for part in parts_of(created):
            self._uow.session.execute(delete(ImportRowKey).where(ImportRowKey.record_id.in_(part)))
            self._uow.session.execute(delete(SiteAttachment).where(SiteAttachment.site_id.in_(part)))
        for row in rows:
            site = self._sites[row["id"]]
            if row["action"] == Action.CREATED:
                site.archived_at, site.withdrawn, site.customer_id = now, True, None
            for change in row["changes"]:
                if change["field"] in _FIELDS:
                    setattr(site, change["field"], revived_field(change["field"], change["old"]))
                elif change["field"] == "customer_id":
                    self._give_back(site, str(change["new"]))
        changed = {site.id: site for site in self._sites.values() if self._uow.session.is_modified(site)}
        self._uow.session.flush()
        for row in rows:
            if any(change["field"] == "customer_id" for change in row["changes"]):
                subtree = subtree_of(self._uow, self._sites[row["id"]])
                refresh_customers(self._uow, subtree, business_day(now))
                changed |= {site.id: site for site in subtree if self._uow.session.is_modified(site)}
        self._uow.session.flush()
        for site in changed.values():
            publish_site(self._uow, site)

    def _give_back(self, site: Site, customer_id: str) -> None:
        """End what the import attached, and open again what it ended."""
        links = attachments_of(self._uow, [site.id])
        made = next((link for link in reversed(links) if link.customer_id == customer_id and not link.valid_to), None)
        if made is None:
            return
        for link in links:
            if link.valid_to == made.valid_from - ONE_DAY:
                link.valid_to = None
        self._uow.session.delete(made)


def _shown(fields: Mapping[str, Any], row: ParsedRow) -> dict[str, Any]:
    address = fields.get("address") or {}
    shown = {name: plain_field(fields.get(name)) for name in _FIELDS if name != "address"}
    shown |= {part: address.get(part) or None for part in ("street", "postal_code", "city", "country")}
    return shown | {name: row.values.get(name) for name in ("parent", "customer_number", "business_id")}


def _wrong(field: str, code: str, detail: str) -> InvalidImportRow:
    return InvalidImportRow(errors=[FieldError(f"/{field}", code, detail)])
