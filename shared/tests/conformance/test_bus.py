"""What the bus promises, on SQLite in one process and on PostgreSQL with RabbitMQ."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest

from shared.bus import failpoints, operations
from shared.bus.consumer import CannotEver, Handled, NotYet
from shared.bus.envelope import decode
from shared.bus.inbox import StoreUnavailable
from shared.bus.publisher import Outcome
from shared.bus.relay import RelaySettings
from shared.bus.schedule import RETRY_DELAYS
from shared.errors import RuleBroken
from shared.ids import new_id
from shared.testing.waiting import eventually
from shared.tests.conformance.conftest import MakeWorld
from shared.tests.conformance.world import World


class Crash(BaseException):
    """The process dies here."""


def _die() -> None:
    raise Crash


def _relay_all(world: World) -> None:
    eventually(lambda: world.relay().published >= 0 and not world.pending())


def test_a_committed_change_takes_effect_once(world: World) -> None:
    product = new_id()
    world.change(product, 1)
    _relay_all(world)
    assert eventually(world.effects) == [(product, 1)]
    assert world.copy_version(product) == 1
    assert [row.state for row in world.inbox_rows()] == ["done"]
    assert world.relay().published == 0


def test_a_rolled_back_change_is_never_published(world: World) -> None:
    kept, lost = new_id(), new_id()
    world.change(lost, 1, commit=False)
    world.change(kept, 1)
    _relay_all(world)
    assert eventually(world.effects) == [(kept, 1)]


def test_the_event_arrives_as_it_was_stored(world: World) -> None:
    world.change(new_id(), 1)
    stored = decode(world.payloads()[0])
    world.failures.append(CannotEver("keep the bytes"))
    _relay_all(world)
    parked = eventually(lambda: world.inbox_rows("parked"))
    assert decode(bytes(parked[0].payload)) == stored


def test_a_duplicate_has_no_effect(world: World) -> None:
    product = new_id()
    world.change(product, 1)
    body = world.payloads()[0]
    assert world.inbox.take(body) is Handled.APPLIED
    assert world.inbox.take(body) is Handled.DUPLICATE
    _relay_all(world)
    eventually(lambda: not world.pending())
    world.change(new_id(), 1)
    _relay_all(world)
    assert len(eventually(lambda: world.effects()[1:]) + [()]) == 2
    assert world.effects().count((product, 1)) == 1


def test_two_workers_with_the_same_message_apply_it_once(world: World) -> None:
    world.change(new_id(), 1)
    body = world.payloads()[0]
    results: list[Handled] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(10)
        results.append(world.new_inbox().take(body))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(results) == [Handled.APPLIED, *[Handled.DUPLICATE] * 3]
    assert len(world.effects()) == 1


def test_a_copy_never_goes_backwards(world: World) -> None:
    product = new_id()
    world.change_many([(product, version) for version in (1, 2, 3)])
    first, second, third = world.payloads()
    assert world.inbox.take(third) is Handled.APPLIED
    assert world.inbox.take(first) is Handled.STALE
    assert world.inbox.take(second) is Handled.STALE
    assert world.copy_version(product) == 3


def test_events_of_one_aggregate_arrive_in_order(world: World) -> None:
    products = [new_id() for _ in range(5)]
    changes = [(product, version) for version in range(1, 9) for product in products]
    world.change_many(changes)
    _relay_all(world)
    effects = eventually(lambda: world.effects() if len(world.effects()) == len(changes) else None)
    for product in products:
        assert [version for name, version in effects if name == product] == list(range(1, 9))


def test_many_batches_lose_nothing(world: World) -> None:
    settings = RelaySettings(batch_rows=50, batch_bytes=20_000)
    changes = [(new_id(), 1) for _ in range(300)]
    world.change_many(changes)
    with world.leading() as relay:
        relay._settings = settings
        rounds = 0
        while relay.run_once().published:
            rounds += 1
    assert rounds > 6
    effects = eventually(lambda: world.effects() if len(world.effects()) >= 300 else None)
    assert sorted(effects) == sorted(changes)


@pytest.mark.parametrize("limit", [{"batch_rows": 7}, {"batch_bytes": 5_000}])
def test_a_full_batch_is_followed_at_once_by_the_next(world: World, limit: dict[str, int]) -> None:
    world.change_many([(new_id(), 1) for _ in range(40)])
    stop = threading.Event()
    with world.leading() as relay:
        relay._settings = RelaySettings(**limit, poll_s=3600.0)
        loop = threading.Thread(target=relay.run, args=(stop,))
        loop.start()
        try:
            assert eventually(lambda: len(world.effects()) == 40)
        finally:
            stop.set()
            loop.join(20)
    assert not loop.is_alive()


def test_a_failed_handler_leaves_no_effect_and_is_tried_again(world: World) -> None:
    product = new_id()
    world.failures.append(NotYet("its customer is not here"))
    world.change(product, 1)
    _relay_all(world)
    (row,) = eventually(lambda: world.inbox_rows("waiting"))
    assert row.attempts == 1
    assert row.next_try_at == world.clock() + RETRY_DELAYS[0]
    assert "its customer is not here" in row.error
    assert world.effects() == []
    assert world.inbox.retry_due() == 0, "not before its time"
    world.clock.move(seconds=1)
    assert world.inbox.retry_due() == 1
    assert world.effects() == [(product, 1)]
    (row,) = world.inbox_rows()
    assert (row.state, row.attempts, row.payload) == ("done", 2, None)


def test_several_schedulers_try_a_waiting_event_once(world: World) -> None:
    products = [new_id() for _ in range(5)]
    world.fail_on = {1: NotYet("not yet")}
    world.change_many([(product, 1) for product in products])
    for body in world.payloads():
        assert world.inbox.take(body) is Handled.WAITING
    world.fail_on = {}
    world.clock.move(seconds=2)
    start = threading.Barrier(4)

    def retry() -> None:
        start.wait(10)
        world.new_inbox().retry_due()

    schedulers = [threading.Thread(target=retry) for _ in range(4)]
    for scheduler in schedulers:
        scheduler.start()
    for scheduler in schedulers:
        scheduler.join(30)
    assert sorted(world.effects()) == sorted((product, 1) for product in products)


def test_an_event_that_keeps_failing_is_parked_and_can_be_replayed(world: World) -> None:
    product = new_id()
    world.fail_on = {1: RuntimeError("a bug")}
    world.change(product, 1)
    _relay_all(world)
    eventually(lambda: world.inbox_rows("waiting"))
    for delay in RETRY_DELAYS:
        assert world.inbox_rows("waiting")
        world.clock.now += delay
        assert world.inbox.retry_due() == 1
    (parked,) = operations.list_parked(world.consumer_db)
    assert (parked.attempts, parked.error) == (len(RETRY_DELAYS) + 1, "RuntimeError: a bug")
    world.fail_on = {}
    assert operations.replay(world.consumer_db, event_ids=[parked.event_id], now=world.clock()) == 1
    assert world.inbox.retry_due() == 1
    assert world.effects() == [(product, 1)]


@pytest.mark.parametrize("error", [CannotEver("no"), RuleBroken("no")], ids=["CannotEver", "RuleBroken"])
def test_a_lasting_failure_is_parked_at_once(world: World, error: Exception) -> None:
    world.failures.append(error)
    world.change(new_id(), 1)
    _relay_all(world)
    (row,) = eventually(lambda: world.inbox_rows("parked"))
    assert row.attempts == 1
    assert row.payload is not None
    assert world.effects() == []


def test_a_discarded_event_never_takes_effect(world: World) -> None:
    world.failures.append(CannotEver("no"))
    world.change(new_id(), 1)
    body = world.payloads()[0]
    assert world.inbox.take(body) is Handled.PARKED
    (parked,) = operations.list_parked(world.consumer_db, event_type="product.changed.v1")
    assert operations.discard(world.consumer_db, parked.event_id, reason="made by mistake") == 1
    assert world.inbox.take(body) is Handled.DUPLICATE
    assert operations.replay(world.consumer_db, event_ids=[parked.event_id]) == 0
    assert world.effects() == []


def test_one_bad_event_does_not_stop_the_others(world: World) -> None:
    world.fail_on = {7: CannotEver("bad")}
    good = [(new_id(), version) for version in range(1, 7)]
    world.change_many([(new_id(), 7), *good])
    _relay_all(world)
    effects = eventually(lambda: world.effects() if len(world.effects()) == 6 else None)
    assert sorted(effects) == sorted(good)
    assert len(world.inbox_rows("parked")) == 1


def test_what_cannot_be_read_is_parked(world: World) -> None:
    world.change(new_id(), 1)
    body = world.payloads()[0]
    for bad in (b"not json", b"{}", body.replace(b"product.changed.v1", b"product.changed.v9")):
        assert world.inbox.take(bad) is Handled.PARKED
        assert world.inbox.take(bad) is Handled.DUPLICATE
    wrong_field = body.replace(b'"archived":true', b'"archived":"no"').replace(b'"id":"', b'"id":"x', 1)
    assert world.inbox.take(wrong_field) is Handled.PARKED
    assert len(operations.list_parked(world.consumer_db)) == 4


def test_ordered_handlers_queue_behind_a_waiting_event(make_world: MakeWorld) -> None:
    world = make_world(ordered=True)
    product, other = new_id(), new_id()
    world.fail_on = {1: NotYet("first")}
    world.change_many([(product, 1), (product, 2), (product, 3)])
    world.change(other, 5)
    _relay_all(world)
    eventually(lambda: len(world.inbox_rows()) == 4)
    assert eventually(world.effects) == [(other, 5)]
    assert [row.state for row in world.inbox_rows()][:3] == ["waiting"] * 3
    assert world.inbox.retry_due() == 0, "the first is not due, the others wait behind it"
    world.fail_on = {}
    world.clock.move(seconds=2)
    while world.inbox.retry_due():
        pass
    assert world.effects()[1:] == [(product, 1), (product, 2), (product, 3)]


def test_an_event_without_its_required_queue_stays_pending(make_world: MakeWorld) -> None:
    world = make_world(bound=False)
    product = new_id()
    world.change(product, 1)
    assert world.relay().outcomes == {Outcome.RETURNED: 1}
    world.change(product, 2)
    assert world.relay().outcomes == {}, "the second waits behind the first"
    held, behind = world.pending()
    assert (held.attempts, held.last_error) == (1, "returned")
    assert held.next_try_at > world.clock()
    assert behind.attempts == 0
    assert operations.status(world.producer).held_back == 1
    world.pipe.bind()
    world.clock.move(minutes=5)
    _relay_all(world)
    assert eventually(lambda: world.effects()[1:] and world.effects()) == [(product, 1), (product, 2)]


def test_an_event_that_nobody_must_have_is_published_without_a_route(make_world: MakeWorld) -> None:
    world = make_world(bound=False)
    with world.leading() as relay:
        relay._catalogue = type(world.catalogue)({})
        world.change(new_id(), 1)
        assert relay.run_once().outcomes == {Outcome.RETURNED: 1}
    assert world.pending() == []


def test_a_crash_after_publishing_publishes_again_and_has_one_effect(world: World) -> None:
    product = new_id()
    world.change(product, 1)
    with failpoints.armed(failpoints.AFTER_PUBLISH, _die), pytest.raises(Crash):
        world.relay()
    assert len(world.pending()) == 1
    assert world.relay().published == 1
    world.change(new_id(), 1)
    _relay_all(world)
    eventually(lambda: len(world.effects()) == 2)
    assert world.effects().count((product, 1)) == 1


def test_a_crash_after_the_commit_and_before_the_ack_has_one_effect(world: World) -> None:
    product = new_id()
    world.change(product, 1)
    crashed = threading.Event()

    def crash() -> None:
        if not crashed.is_set():
            crashed.set()
            world.pipe.interrupt()

    with failpoints.armed(failpoints.AFTER_COMMIT, crash):
        _relay_all(world)
        eventually(crashed.is_set)
        world.change(new_id(), 1)
        _relay_all(world)
        eventually(lambda: len(world.effects()) == 2)
    assert world.effects().count((product, 1)) == 1


def test_a_crash_before_the_commit_leaves_the_event_to_be_handled(world: World) -> None:
    product = new_id()
    world.change(product, 1)
    body = world.payloads()[0]
    with failpoints.armed(failpoints.BEFORE_COMMIT, _die), pytest.raises(Crash):
        world.inbox.take(body)
    assert world.effects() == []
    assert world.inbox_rows() == []
    assert world.inbox.take(body) is Handled.APPLIED


def test_nothing_is_acknowledged_while_the_consumers_database_is_down(world: World) -> None:
    products = [new_id() for _ in range(20)]
    world.consumer_db.down = True
    world.change_many([(product, 1) for product in products])
    world.relay()
    with pytest.raises(StoreUnavailable):
        world.inbox.take(world.payloads()[0])
    assert world.effects() == []
    world.consumer_db.down = False
    _relay_all(world)
    eventually(lambda: len(world.effects()) >= 20, timeout_s=30)
    assert sorted(world.effects()) == sorted((product, 1) for product in products)


def test_only_one_relay_leads(world: World) -> None:
    world.change(new_id(), 1)
    with world.leading() as first, world.leading() as second:
        assert first.run_once().leading
        assert not second.run_once().leading
        first._lead.release()
        assert second.run_once().leading


def test_published_rows_are_deleted_in_slices_when_they_are_old(world: World) -> None:
    world.change_many([(new_id(), 1) for _ in range(5)])
    _relay_all(world)
    with world.leading() as relay:
        relay._settings = RelaySettings(delete_slice=3)
        assert relay.delete_old() == 0
        world.clock.now += timedelta(days=31)
        assert [relay.delete_old() for _ in range(3)] == [3, 2, 0]


def test_done_rows_of_the_inbox_are_deleted_when_they_are_old(world: World) -> None:
    world.change(new_id(), 1)
    assert world.inbox.take(world.payloads()[0]) is Handled.APPLIED
    assert operations.delete_done(world.consumer_db, world.clock() - timedelta(days=30)) == 0
    assert operations.delete_done(world.consumer_db, world.clock() + timedelta(days=31)) == 1
    assert world.inbox_rows() == []


def test_competing_writers_rollbacks_and_dying_relays_lose_nothing(world: World) -> None:
    """The invariant of messaging.md 15.4: every committed event once, versions never going back."""
    seed = random.randrange(2**32)
    committed: list[tuple[str, int]] = []
    lock = threading.Lock()

    def write(number: int) -> None:
        dice = random.Random(f"{seed}-{number}")
        product = f"{new_id()[:-2]}{number:02d}"
        version = 0
        for _ in range(15):
            if dice.random() < 0.25:
                world.change(product, version + 1, commit=False)
                continue
            version += 1
            world.change(product, version)
            with lock:
                committed.append((product, version))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    dice = random.Random(seed)
    while any(writer.is_alive() for writer in writers):
        if dice.random() < 0.3:
            with failpoints.armed(failpoints.AFTER_PUBLISH, _die):
                try:
                    world.relay()
                except Crash:
                    continue
        world.relay()
    _relay_all(world)
    eventually(lambda: len(world.effects()) >= len(committed))
    assert sorted(world.effects()) == sorted(committed), f"seed {seed}"
    for product in {name for name, _ in committed}:
        assert world.copy_version(product) == max(v for name, v in committed if name == product), f"seed {seed}"
