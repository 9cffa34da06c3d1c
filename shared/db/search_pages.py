"""Finding records by a part of their text, without reading all of them (docs/adr/0011).

A search for a part of a word reads everything. Behind row-level security PostgreSQL uses no trigram or inverted index
for it, since only operators that cannot leak may look at rows before the policy has; but one row with the texts of
twenty records, a search page, is searched about as fast as one record.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from sqlalchemy import Connection, Select, Text, delete, event, exists, func, inspect, or_, select, update
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from shared.context import Context, system_context
from shared.db.database import Database, UnitOfWork
from shared.db.mixins import ID
from shared.db.paging import Page, fetch_page, read_cursor
from shared.ids import new_id

WORTH_PACKING: Final = 200
"""Records without a page are read one by one; below this number that costs nothing."""
_LONGEST: Final = 1_600
"""Characters of a page: PostgreSQL moves and packs longer rows, which takes more time than it saves."""
_PAGES_AT_FIRST: Final = 64
_PACKED_AT_ONCE: Final = 2_000


class Searchable:
    """A record that is found by a part of its text.

    search_text  what `search_line` said when the record was last written
    search_page  the page that has the text; None until the record is put on one, and again when the text has changed
    """

    __search_marked__: ClassVar[Collection[str]] = ()
    """Attributes that `search_marks` is made from."""

    search_text: Mapped[str] = mapped_column(Text)
    search_page: Mapped[str | None] = mapped_column(ID)

    def search_line(self) -> str:
        """Return the text in which a person finds the record, folded: no line breaks."""
        raise NotImplementedError

    def search_marks(self) -> Sequence[str]:
        """Return what else the page is found by, exactly: no line breaks."""
        return ()


class SearchPageRecord:
    """The search texts and marks of some records, a line for each.

    first_id, last_id  of the records when the page was made
    A record whose text changed leaves its page; the page keeps the old text, so what it finds is looked at again.
    """

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    first_id: Mapped[str] = mapped_column(ID)
    last_id: Mapped[str] = mapped_column(ID)
    texts: Mapped[str] = mapped_column(Text)


def mark(name: str, value: object) -> str:
    """Return the mark that a record has `value` in its field `name`; no folded text has one in it."""
    return f"{name}\x1f" + " ".join(str(value).split())


def marks_of(fields: Mapping[str, Any]) -> list[str]:
    """Return the marks of all fields of a record."""
    return [mark(name, value) for name, value in sorted(fields.items())]


T = TypeVar("T", bound=Any)


@dataclass(frozen=True, slots=True)
class SearchPages(Generic[T]):
    """The search pages of one register. model  its records (Searchable, Versioned); pages  a SearchPageRecord"""

    model: type[T]
    pages: type[Any]

    def find(
        self,
        uow: UnitOfWork,
        statement: Select[Any],
        part: str,
        *,
        limit: int,
        after: str | None,
        also: Collection[str] = (),
    ) -> Page[T]:
        """Return a page of the records of `statement`, oldest first.

        part  a text or mark that every one of them has, but for those with an id of `also`; `statement` says so too
        Search pages are read in the order of their first records, and only as many as it takes: a record has its place
        when no page to come can hold an earlier one. Raises Malformed for a cursor that we did not give.
        """
        model = self.model
        known = read_cursor(after) if after is not None else ""
        matching = statement.where(model.id > known) if known else statement
        found = set(self._ids(uow, matching.where(model.search_page.is_(None)), limit))
        if also:
            found.update(self._ids(uow, matching.where(model.id.in_(sorted(also))), limit))
        reached, at_once = ("", ""), _PAGES_AT_FIRST
        while True:
            pages = self._pages_with(uow, part, known, reached, at_once)
            if pages:
                on_pages = model.search_page.in_([page_id for _, page_id in pages])
                # In no order: for the sake of one, SQLite would walk all records rather than look into these pages.
                found.update(uow.session.scalars(matching.where(on_pages).with_only_columns(model.id)))
            if len(pages) < at_once:
                break
            reached, at_once = pages[-1], at_once * 4
            if sum(one <= reached[0] for one in found) > limit:
                break
        wanted = select(model).where(model.id.in_(sorted(found)[: limit + 1]))
        return fetch_page(uow.session, wanted, model.id, limit=limit, after=after)

    def pack(self, uow: UnitOfWork, records: Iterable[T]) -> None:
        """Put new and changed records on pages of their own, inside the open transaction, before their flush."""
        waiting = (one for one in records if one.search_page is None or one.search_text != one.search_line())
        for page, held in self._packed(waiting):
            uow.session.add(page)
            for record in held:
                record.search_text, record.search_page = record.search_line(), page.id

    def pack_all(self, database: Database, stop: threading.Event | None = None, *, worth: int = WORTH_PACKING) -> int:
        """Put records that were made or changed one by one on pages, in tenants with `worth` of them or more.

        Their old pages go away when nothing is on them any more. Returns how many records were packed; done again, it
        finds nothing.
        """
        model, system = self.model, system_context("search_pages")
        counted = select(model.tenant_id).where(model.search_page.is_(None)).group_by(model.tenant_id)
        with database.read(system) as uow:
            tenants = list(uow.session.scalars(counted.having(func.count() >= worth)))
        packed = 0
        for tenant_id in tenants:
            context = system.for_tenant(tenant_id)
            while (now := self._pack_some(database, context)) and not (stop and stop.is_set()):
                packed += now
            self._drop_empty(database, context)
        return packed

    def forget(self, uow: UnitOfWork, texts: Iterable[str]) -> None:
        """Take away the pages that have any of `texts` (folded), also old ones; what is on them waits to be packed."""
        for one in sorted(set(texts) - {""}):
            with_it = list(uow.session.scalars(select(self.pages.id).where(self._place(uow, one) > 0)))
            self._set_page(uow, self.model.search_page.in_(with_it), None)
            uow.session.execute(delete(self.pages).where(self.pages.id.in_(with_it)))

    def _pack_some(self, database: Database, context: Context) -> int:
        """Records are locked while their texts are read: one that changes meanwhile leaves its page afterwards."""
        model = self.model
        with database.begin(context) as uow:
            waiting = select(model).where(model.search_page.is_(None)).order_by(model.id).limit(_PACKED_AT_ONCE)
            records = list(uow.session.scalars(waiting.with_for_update(of=model, skip_locked=True)))
            for page, held in self._packed(records):
                uow.session.add(page)
                self._set_page(uow, model.id.in_([record.id for record in held]), page.id)
            uow.commit()
        return len(records)

    def _drop_empty(self, database: Database, context: Context) -> None:
        with database.begin(context) as uow:
            empty = ~exists().where(self.model.search_page == self.pages.id)
            uow.session.execute(delete(self.pages).where(empty), execution_options={"synchronize_session": False})
            uow.commit()

    def _set_page(self, uow: UnitOfWork, of: Any, page_id: str | None) -> None:
        """Not by the mapper: to be found faster is no change of the record, so its version stays."""
        moved = update(self.model).where(of).values(search_page=page_id, changed_at=self.model.changed_at)
        uow.session.execute(moved, execution_options={"synchronize_session": False})

    def _packed(self, records: Iterable[T]) -> Iterator[tuple[Any, Sequence[T]]]:
        """Yield pages, not yet stored, with the records that belong on them."""
        held: list[T] = []
        texts: list[str] = []
        length = 0
        for record in sorted(records, key=_id_of):
            text = "\n".join((record.search_line(), *record.search_marks()))
            if held and length + len(text) > _LONGEST:
                yield self._page(held, texts), held
                held, texts, length = [], [], 0
            held.append(record)
            texts.append(text)
            length += len(text) + 1
        if held:
            yield self._page(held, texts), held

    def _page(self, records: Sequence[T], texts: Sequence[str]) -> Any:
        return self.pages(id=new_id(), first_id=records[0].id, last_id=records[-1].id, texts="\n".join(texts))

    def _ids(self, uow: UnitOfWork, matching: Select[Any], limit: int) -> list[str]:
        statement = matching.with_only_columns(self.model.id).order_by(self.model.id).limit(limit + 1)
        return list(uow.session.scalars(statement))

    def _pages_with(
        self, uow: UnitOfWork, part: str, known: str, reached: tuple[str, str], at_once: int
    ) -> Sequence[tuple[str, str]]:
        """Return (first record, id) of the next pages that have `part` and records after `known`."""
        first, page_id = self.pages.first_id, self.pages.id
        statement = select(first, page_id).where(
            self.pages.last_id > known,
            or_(first > reached[0], (first == reached[0]) & (page_id > reached[1])),
            self._place(uow, part) > 0,
        )
        return [(row[0], row[1]) for row in uow.session.execute(statement.order_by(first, page_id).limit(at_once))]

    def _place(self, uow: UnitOfWork, part: str) -> Any:
        place = func.strpos if uow.session.get_bind().dialect.name == "postgresql" else func.instr
        return place(self.pages.texts, part)


def _id_of(record: Any) -> str:
    return str(record.id)


def _take_line(_mapper: Mapper[Any], _connection: Connection, record: Any) -> None:
    """Keep the search text in step: whoever makes or changes a record need not think of it."""
    line = record.search_line()
    if record.search_text != line:
        record.search_text = line


def _take_line_again(mapper: Mapper[Any], connection: Connection, record: Any) -> None:
    _take_line(mapper, connection, record)

    def changed(*names: str) -> bool:
        return any(inspect(record).attrs[name].history.has_changes() for name in names)

    if changed("search_text", *record.__search_marked__) and not changed("search_page"):
        record.search_page = None


event.listen(Searchable, "before_insert", _take_line, propagate=True)
event.listen(Searchable, "before_update", _take_line_again, propagate=True)
