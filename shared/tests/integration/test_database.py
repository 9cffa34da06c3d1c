"""The unit of work: transactions, versions, unique keys, events and numbers, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.db import Database, UnitOfWork, check_version, get_or_404
from shared.db.database import AlreadyExists
from shared.errors import UrakkaError, VersionMismatch
from shared.tests.things import FIRM, OTHER_FIRM, Part, Sink, Thing, an_event, at_once, somebody, store

IN_TIME_S = 20


def stored_codes(database: Database) -> list[str]:
    with database.read(somebody()) as uow:
        return list(uow.session.scalars(select(Thing.code).order_by(Thing.code)))


def a_stored_thing(database: Database, code: str = "a") -> Thing:
    thing = Thing(code=code)
    store(database, thing)
    return thing


def test_without_commit_nothing_stays(database: Database) -> None:
    with database.begin(somebody()) as uow:
        uow.session.add(Thing(code="forgotten"))
        uow.session.flush()
    with pytest.raises(ZeroDivisionError):
        store_and_fail(database.begin(somebody()))

    assert stored_codes(database) == []


def test_a_unit_of_work_can_be_entered_again_after_a_failure(database: Database) -> None:
    sink = Sink()
    uow = Database(database.engine, event_sink=sink.append).begin(somebody())
    with pytest.raises(ZeroDivisionError):
        store_and_fail(uow)
    with uow:
        uow.session.add(Thing(code="second"))
        uow.commit()

    assert stored_codes(database) == ["second"]
    assert sink.events == []


def store_and_fail(uow: UnitOfWork) -> None:
    with uow:
        uow.session.add(Thing(code="broken"))
        uow.emit(an_event())
        uow.session.flush()
        raise ZeroDivisionError


def test_a_change_raises_the_version_by_one(database: Database) -> None:
    thing_id = a_stored_thing(database).id
    for expected in (2, 3):
        with database.begin(somebody()) as uow:
            thing = get_or_404(uow.session, Thing, thing_id)
            thing.secret = f"change {expected}"
            uow.commit()
            assert thing.version == expected
    with database.begin(somebody()) as uow:
        get_or_404(uow.session, Thing, thing_id).secret = "change 3"
        uow.commit()
    with database.read(somebody()) as uow:
        assert get_or_404(uow.session, Thing, thing_id).version == 3, "a change to the same value is none"


def test_a_change_of_a_part_can_raise_the_version_of_the_whole(database: Database) -> None:
    thing_id = a_stored_thing(database).id
    with database.begin(somebody()) as uow:
        thing = get_or_404(uow.session, Thing, thing_id)
        uow.session.add(Part(name="new", thing=thing))
        thing.touch(thing.changed_at.replace(year=2030))
        uow.commit()
    with database.read(somebody()) as uow:
        assert get_or_404(uow.session, Thing, thing_id).version == 2


def test_a_change_over_a_newer_version_is_refused(database: Database) -> None:
    thing_id = a_stored_thing(database).id
    with pytest.raises(VersionMismatch):
        write_over_a_newer(database, thing_id, lambda _uow, thing: setattr(thing, "secret", "mine"))


def test_a_removal_over_a_newer_version_is_refused(database: Database) -> None:
    thing_id = a_stored_thing(database).id
    with pytest.raises(VersionMismatch):
        write_over_a_newer(database, thing_id, lambda uow, thing: uow.session.delete(thing))


def write_over_a_newer(database: Database, thing_id: str, write: Callable[[UnitOfWork, Thing], None]) -> None:
    """Load, raise the version behind the session's back, write.

    Both in one transaction: SQLite has but one writer at a time.
    """
    with database.begin(somebody()) as uow:
        thing = get_or_404(uow.session, Thing, thing_id)
        raised = text("UPDATE things SET version = version + 1 WHERE id = :id")
        uow.session.connection().execute(raised, {"id": thing_id})
        write(uow, thing)
        uow.commit()


def test_the_expected_version_is_compared() -> None:
    thing = Thing(code="a", version=3)
    check_version(thing, None)
    check_version(thing, 3)
    with pytest.raises(VersionMismatch) as refusal:
        check_version(thing, 2)

    assert refusal.value.facts == {"current_version": 3}


def test_two_changes_at_once_cannot_both_win(database: Database) -> None:
    thing_id = a_stored_thing(database).id

    def change(number: int) -> str:
        try:
            with database.begin(somebody()) as uow:
                thing = get_or_404(uow.session, Thing, thing_id)
                check_version(thing, 1)
                thing.secret = f"writer {number}"
                uow.commit()
        except VersionMismatch:
            return "refused"
        return "won"

    assert sorted(at_once(4, change)) == ["refused", "refused", "refused", "won"]


def test_read_then_write_loses_no_update(database: Database) -> None:
    """A counter in text: each writer reads it, adds one and writes it; on PostgreSQL the row lock guards it, on
    SQLite `BEGIN IMMEDIATE` does."""
    thing = Thing(code="a", secret="0")
    store(database, thing)

    def count_up(_number: int) -> None:
        for _ in range(5):
            with database.begin(somebody()) as uow:
                found = get_or_404(uow.session, Thing, thing.id, for_update=True)
                found.secret = str(int(found.secret or 0) + 1)
                uow.commit()

    at_once(4, count_up)
    with database.read(somebody()) as uow:
        assert get_or_404(uow.session, Thing, thing.id).secret == "20"


def test_on_sqlite_a_second_writer_waits_before_it_reads(sqlite_things: Engine) -> None:
    database = Database(sqlite_things)
    reading, done = threading.Event(), threading.Event()
    seen: list[list[str]] = []

    def second() -> None:
        reading.set()
        with database.begin(somebody()) as uow:
            seen.append(list(uow.session.scalars(select(Thing.code))))
        done.set()

    with database.begin(somebody()) as uow:
        uow.session.execute(select(Thing)).all()  # only reads so far, and holds the write lock all the same
        thread = threading.Thread(target=second)
        thread.start()
        assert reading.wait(IN_TIME_S)
        assert not done.wait(0.2), "the second writer read while the first one could still write"
        uow.session.add(Thing(code="first"))
        uow.commit()
    thread.join(IN_TIME_S)

    assert seen == [["first"]]


def test_on_sqlite_a_reader_is_not_held_up_by_a_writer(sqlite_things: Engine) -> None:
    database = Database(sqlite_things)
    with database.begin(somebody()) as uow:
        uow.session.add(Thing(code="unfinished"))
        uow.session.flush()

        assert stored_codes(database) == []


def test_a_taken_unique_key_is_a_conflict(database: Database) -> None:
    a_stored_thing(database)
    with pytest.raises(AlreadyExists):
        store(database, Thing(code="a", secret="4711"))
    store(database, Thing(code="a"), tenant_id=OTHER_FIRM)

    assert stored_codes(database) == ["a"]


def test_the_conflict_names_the_key_and_no_value(database: Database) -> None:
    a_stored_thing(database, "kirjava")
    with pytest.raises(AlreadyExists) as refusal:
        store(database, Thing(code="kirjava"))

    assert "code" in str(refusal.value.facts)
    assert "kirjava" not in str(refusal.value.facts)


@pytest.mark.parametrize(
    "record",
    [Thing(code=None), Part(thing_id="nobody", name="x")],
    ids=["a missing value", "a missing parent"],
)
def test_other_broken_constraints_are_not_called_a_taken_key(database: Database, record: Thing | Part) -> None:
    values = {key: value for key, value in vars(record).items() if not key.startswith("_")}
    with pytest.raises((UrakkaError, IntegrityError)) as refusal:
        store(database, type(record)(**values))

    assert not isinstance(refusal.value, AlreadyExists)


def test_events_reach_the_outbox_with_the_commit_and_after_the_flush(things_engine: Engine) -> None:
    sink = Sink(lambda connection: connection.scalar(select(func.count()).select_from(Thing.__table__)))
    database = Database(things_engine, event_sink=sink.append)
    context = somebody(correlation_id="order-1")
    with database.begin(context) as uow:
        uow.emit(an_event())
        uow.session.add(Thing(code="a"))
        assert sink.events == []
        uow.commit()

    assert sink.events == [an_event()]
    assert sink.contexts == [context]
    assert sink.seen == [1], "the aggregate's row is locked before its event gets a place in the outbox"


def test_events_of_what_was_rolled_back_are_never_told(things_engine: Engine) -> None:
    sink, nudged = Sink(), list[str]()
    database = Database(things_engine, event_sink=sink.append, nudge=nudged.append)
    with database.begin(somebody()) as uow:
        uow.emit(an_event())
        uow.nudge("dispatch")
    store(database, Thing(code="a"))
    with pytest.raises(AlreadyExists):
        store_and_tell(database, "a")

    assert sink.events == []
    assert nudged == []


def test_a_second_commit_tells_nothing_twice(things_engine: Engine) -> None:
    sink, nudged = Sink(), list[str]()
    with Database(things_engine, event_sink=sink.append, nudge=nudged.append).begin(somebody()) as uow:
        uow.emit(an_event())
        uow.commit()
        uow.commit()

    assert sink.events == [an_event()]
    assert nudged == ["outbox"]


def test_those_who_wait_are_woken_after_the_commit(things_engine: Engine) -> None:
    seen: list[tuple[str, list[str]]] = []
    plain = Database(things_engine)
    database = Database(
        things_engine, event_sink=Sink().append, nudge=lambda topic: seen.append((topic, stored_codes(plain)))
    )
    with database.begin(somebody()) as uow:
        uow.session.add(Thing(code="a"))
        uow.emit(an_event())
        uow.nudge("dispatch")
        uow.nudge("dispatch")
        uow.commit()

    assert seen == [("dispatch", ["a"]), ("outbox", ["a"])]


def test_events_without_an_outbox_are_a_mistake_of_the_wiring(database: Database) -> None:
    with pytest.raises(RuntimeError, match="no outbox"):
        store_and_tell(database, "a")

    assert stored_codes(database) == []


def store_and_tell(database: Database, code: str) -> None:
    with database.begin(somebody()) as uow:
        uow.emit(an_event())
        uow.session.add(Thing(code=code))
        uow.commit()


def test_numbers_of_a_series_count_up_for_each_tenant(database: Database) -> None:
    def take(tenant_id: str, series: str) -> int:
        with database.begin(somebody(tenant_id)) as uow:
            number = uow.next_number(series)
            uow.commit()
            return number

    taken = [take(FIRM, "order"), take(FIRM, "order"), take(OTHER_FIRM, "order"), take(FIRM, "batch")]

    assert taken == [1, 2, 1, 1]


def test_a_number_that_was_rolled_back_is_given_again(database: Database) -> None:
    with database.begin(somebody()) as uow:
        assert uow.next_number("order") == 1
    with database.begin(somebody()) as uow:
        assert uow.next_number("order") == 1
        assert uow.next_number("order") == 2


def test_no_number_is_given_twice_however_many_ask_at_once(database: Database) -> None:
    def take(_number: int) -> list[int]:
        taken = []
        for _ in range(10):
            with database.begin(somebody()) as uow:
                taken.append(uow.next_number("order"))
                uow.commit()
        return taken

    taken = [number for numbers in at_once(6, take) for number in numbers]

    assert sorted(taken) == list(range(1, 61))


def test_an_error_of_the_database_shows_no_values(database: Database) -> None:
    """What a driver complains about ends up in the log; the values of the statement must not."""
    with database.begin(somebody()) as uow, pytest.raises(DBAPIError) as refusal:
        uow.session.execute(update(Thing).values(secret="hunter2").where(text("no_such_column = 1")))

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["begin", "read"])
def test_connections_that_died_in_the_pool_are_not_noticed(postgres_things: Engine, kind: str) -> None:
    database = Database(postgres_things)
    barrier = threading.Barrier(3)

    def look(_number: int) -> None:
        with getattr(database, kind)(somebody()) as uow:
            barrier.wait(IN_TIME_S)  # so that each has a connection of its own
            assert uow.session.scalar(select(func.count()).select_from(Thing)) == 0

    at_once(3, look)
    with postgres_things.connect() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(text(f"SELECT count(pg_terminate_backend(pid)) {others}")).scalar_one() >= 2
        at_once(3, look)
