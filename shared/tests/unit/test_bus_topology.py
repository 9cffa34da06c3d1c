"""The topology, the wake-up within a process, and the relay's own decisions."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from shared.bus.catalogue import default_catalogue
from shared.bus.topology import QueueDescription, Topology, check_consumer, default_topology, remove
from shared.bus.wakeup import LocalWakeup


@dataclass(frozen=True)
class AConsumer:
    name: str = "billing.workorders"
    types: frozenset[str] = field(default=frozenset({"workorder.approved.v1", "workorder.reopened.v1"}))
    ordered: bool = False


def test_a_consumer_fits_its_queue() -> None:
    check_consumer(default_topology(), AConsumer())


@pytest.mark.parametrize(
    "consumer",
    [
        AConsumer(name="billing.nothing"),
        AConsumer(types=frozenset({"workorder.approved.v1"})),
        AConsumer(types=AConsumer().types | {"document.accepted.v1"}),
        AConsumer(ordered=True),
    ],
    ids=["no queue", "bound but not handled", "handled but not bound", "ordered without single active consumer"],
)
def test_a_consumer_that_does_not_fit_is_refused(consumer: AConsumer) -> None:
    with pytest.raises(ValueError, match="billing"):
        check_consumer(default_topology(), consumer)


def test_a_queue_cannot_want_an_unknown_event() -> None:
    with pytest.raises(ValueError, match="nothing.happened.v1"):
        Topology([QueueDescription("billing.x", ("nothing.happened.v1",))], default_catalogue())


def test_nobody_removes_the_product_s_own_queues() -> None:
    with pytest.raises(ValueError, match="prefix"):
        remove(None, default_topology(), "")


def test_a_nudge_before_the_wait_is_not_lost() -> None:
    wakeup = LocalWakeup()
    wakeup.nudge("outbox")
    assert wakeup.wait("outbox", 0.0)
    assert not wakeup.wait("outbox", 0.0)
    assert not wakeup.wait("dispatch", 0.0)


def test_every_waiter_of_a_topic_is_woken() -> None:
    wakeup = LocalWakeup()
    woken: list[bool] = []
    waiting = [threading.Thread(target=lambda: woken.append(wakeup.wait("outbox", 10))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    wakeup.nudge("outbox")
    for thread in waiting:
        thread.join(10)
    assert woken == [True] * 3


def test_closing_ends_all_waits() -> None:
    wakeup = LocalWakeup()
    thread = threading.Thread(target=lambda: wakeup.wait("outbox", 60))
    thread.start()
    wakeup.close()
    thread.join(10)
    assert not thread.is_alive()
