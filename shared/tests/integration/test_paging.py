"""Pages by cursor: nothing twice and nothing missed while records come and go."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import Engine, select

from shared.db import Database
from shared.db.paging import Page, fetch_page
from shared.errors import Malformed
from shared.tests.things import OTHER_FIRM, Thing, somebody, store


def page(database: Database, after: str | None = None, *, limit: int = 3, newest_first: bool = False) -> Page[Thing]:
    with database.read(somebody()) as uow:
        return fetch_page(uow.session, select(Thing), Thing.id, limit=limit, after=after, newest_first=newest_first)


def all_codes(database: Database, *, limit: int = 3, newest_first: bool = False) -> list[list[str]]:
    pages, after = [], None
    while True:
        found = page(database, after, limit=limit, newest_first=newest_first)
        pages.append([thing.code for thing in found.items])
        after = found.next
        if after is None:
            return pages


def fill(database: Database, *codes: str) -> None:
    for code in codes:
        store(database, Thing(code=code))


def test_pages_follow_each_other_to_the_end(database: Database) -> None:
    fill(database, *"abcdefg")
    store(database, Thing(code="foreign"), tenant_id=OTHER_FIRM)

    assert all_codes(database) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert all_codes(database, newest_first=True) == [["g", "f", "e"], ["d", "c", "b"], ["a"]]


def test_a_full_last_page_has_no_next(database: Database) -> None:
    fill(database, *"abc")

    assert all_codes(database) == [["a", "b", "c"]]


def test_an_empty_list_is_one_empty_page(database: Database) -> None:
    assert all_codes(database) == [[]]


def test_what_comes_and_goes_between_pages_moves_nothing(database: Database) -> None:
    fill(database, *"abcde")
    first = page(database)
    store(database, Thing(id="00000000-0000-7000-8000-000000000001", code="before"))
    fill(database, "z")
    with database.begin(somebody()) as uow:
        uow.session.delete(uow.session.get_one(Thing, first.items[-1].id))  # the cursor's own record
        uow.commit()
    second = page(database, first.next)

    assert [thing.code for thing in first.items] == ["a", "b", "c"]
    assert [thing.code for thing in second.items] == ["d", "e", "z"]
    assert second.next is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "ääkkösiä",
        "\x00",
        "====",
        base64.urlsafe_b64encode(b"1 OR 1=1").decode(),
        base64.urlsafe_b64encode(b"\xff" * 36).decode(),
        base64.urlsafe_b64encode(b"0190A000-0000-7000-8000-0000000000FF").decode(),
        "A" * 100_000,
    ],
)
def test_a_cursor_that_we_did_not_give_is_refused(sqlite_things: Engine, cursor: str) -> None:
    with pytest.raises(Malformed) as refusal:
        page(Database(sqlite_things), cursor)

    assert [error.pointer for error in refusal.value.errors] == ["/after"]


def test_a_cursor_of_another_tenant_shows_nothing_of_it(database: Database) -> None:
    foreign = [Thing(code=code) for code in "abcd"]
    store(database, *foreign, tenant_id=OTHER_FIRM)
    with database.read(somebody(OTHER_FIRM)) as uow:
        cursor = fetch_page(uow.session, select(Thing), Thing.id, limit=1, after=None).next

    assert page(database, cursor).items == []
