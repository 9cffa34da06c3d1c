"""Nothing lost, nothing twice: 300 approvals while processes die, the broker dies, and the targets lose answers.

What is checked is what stands at the end, not the way there.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.firm import ORDERS
from deploy.dev.broker import OwnBroker
from shared.testing.waiting import eventually
from tests.support.books import audit
from tests.support.inspection import broken_invariants, open_events, rows_of
from tests.support.killer import Killer
from tests.support.sandbox import break_company, slow_down, spoiled_calls
from tests.support.suite import SHORT_TIMEOUTS, Suite, running_suite
from tests.support.yard import Yard, finished_orders, open_yard

pytestmark = pytest.mark.alone

ORDERS_OF_EACH = 150
KILLS = 28
BROKER_DIES_AFTER_KILLS = 10
APPROVERS_OF_EACH = 3
STORM_WITHIN_S = 240.0
SETTLED_WITHIN_S = 180.0
LOST_ANSWERS = {"kind": "timeout_after_save", "probability": 0.04, "delay_s": 2}
TARGET_LATENCY_S = 0.08
"""Of each call: dispatchers die in the middle of calls, too."""
KILLED = (
    "workorders-api",
    "workorders-relay",
    "workorders-consume",
    "billing-api",
    "billing-relay",
    "billing-consume",
    "billing-jobs",
)


@dataclass(frozen=True, slots=True)
class Storm:
    """What went wrong on purpose: kills by process, seconds without a broker, requests that had to be sent again."""

    kills: Counter[str]
    broker_down_s: float
    repeated: int


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[OwnBroker]:
    with OwnBroker(tmp_path / "broker") as own:
        yield own


def test_three_hundred_approvals_become_three_hundred_invoices(tmp_path: Path, broker: OwnBroker) -> None:
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    started = time.monotonic()
    with running_suite(tmp_path, broker.url) as suite:
        targets = (suite.sandbox.netvisor(**SHORT_TIMEOUTS), suite.sandbox.procountor(**SHORT_TIMEOUTS))
        key = suite.production.provisioning_key
        yards = [open_yard(suite.base_url, key, target, f"{target.kind}-{seed}") for target in targets]
        orders = [
            finished_orders(suite.base_url, yard, ORDERS_OF_EACH, seed + index) for index, yard in enumerate(yards)
        ]
        assert {order["state"] for made in orders for order in made} == {"in_review"}
        for index, yard in enumerate(yards):
            break_company(yard.firm.target, seed=seed + index, **LOST_ANSWERS)
            slow_down(yard.firm.target, TARGET_LATENCY_S)
        prepared_s = time.monotonic() - started

        storm = approve_in_the_storm(suite, broker, yards, orders, seed)
        approved_s = time.monotonic() - started
        wait_until_settled(suite)

        figures = [
            audit(yard.firm, [str(order["number"]) for order in made]) for yard, made in zip(yards, orders, strict=True)
        ]
        assert broken_invariants("billing", suite.inspection_url) == ""
        lost_answers = sum(spoiled_calls(yard.firm.target) for yard in yards)
        history = Counter(
            {
                f"{row['kind']}:{row['outcome']}": int(row["n"])
                for row in rows_of(suite.inspection_url, "billing", _HISTORY)
            }
        )
        print(
            f"seed {seed}: {sum(f['invoices'] for f in figures)} invoices for {2 * ORDERS_OF_EACH} orders, "
            f"duplicates {sum(f['duplicates'] for f in figures)}; kills {dict(sorted(storm.kills.items()))}; "
            f"broker down {storm.broker_down_s:.1f} s; requests sent again {storm.repeated}; "
            f"answers lost by targets {lost_answers}; dispatcher {dict(sorted(history.items()))}; "
            f"prepared {prepared_s:.0f} s, approved {approved_s - prepared_s:.0f} s, "
            f"settled {time.monotonic() - started - approved_s:.0f} s"
        )
        assert storm.kills.total() == KILLS
        assert set(storm.kills) == set(KILLED)


_HISTORY = "SELECT kind, outcome, count(*) AS n FROM dispatch_attempts GROUP BY 1, 2"


def approve_in_the_storm(
    suite: Suite, broker: OwnBroker, yards: Sequence[Yard], orders: Sequence[Sequence[dict[str, Any]]], seed: int
) -> Storm:
    """Approve everything; each kill sets a handful of approvals free, so that both go on side by side to the end."""
    permits, broker_dies = threading.Semaphore(10), threading.Event()

    def after_kill(count: int) -> None:
        permits.release(2 * ORDERS_OF_EACH // KILLS + 1)
        if count == BROKER_DIES_AFTER_KILLS:
            broker_dies.set()

    killer = Killer(suite, KILLED, count=KILLS, chance=random.Random(seed), released=after_kill)
    shares = [
        (yard, list(made)[part::APPROVERS_OF_EACH])
        for yard, made in zip(yards, orders, strict=True)
        for part in range(APPROVERS_OF_EACH)
    ]
    with ThreadPoolExecutor(len(shares) + 1) as pool:
        killer.start()
        try:
            restart = pool.submit(restart_broker, broker, broker_dies)
            approvals = [pool.submit(approve, suite, yard, share, permits) for yard, share in shares]
            repeated = sum(done.result(timeout=STORM_WITHIN_S) for done in approvals)
            broker_down_s = restart.result(timeout=STORM_WITHIN_S)
            eventually(lambda: killer.is_done, timeout_s=60)
        finally:
            killer.stop()
            broker_dies.set()
            permits.release(2 * ORDERS_OF_EACH)
    return Storm(killer.kills, broker_down_s, repeated)


def approve(suite: Suite, yard: Yard, orders: Sequence[dict[str, Any]], permits: threading.Semaphore) -> int:
    """Approve orders one after the other, each as soon as there is a permit; returns how often one was sent again."""
    foreman = yard.foreman(suite.base_url)
    for order in orders:
        assert permits.acquire(timeout=120), "no kill has set an approval free"
        answer = foreman.post(f"{ORDERS}/{order['id']}/approve")
        assert answer["state"] in ("approved", "billed")
    return foreman.repeated


def restart_broker(broker: OwnBroker, dies: threading.Event) -> float:
    """SIGKILL the broker in the middle of the storm and start it again; returns how long nobody could log in."""
    assert dies.wait(STORM_WITHIN_S), "the killer did not get so far"
    began = time.monotonic()
    broker.kill()
    broker.start()
    return time.monotonic() - began


def wait_until_settled(suite: Suite) -> None:
    """Wait until every order is billed and nothing is pending, waiting or parked anywhere."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    query = "SELECT state, count(*) AS n FROM work_orders WHERE state <> 'cancelled' GROUP BY state"

    def unbilled() -> dict[str, int]:
        states = {row["state"]: int(row["n"]) for row in rows_of(suite.inspection_url, "workorders", query)}
        return {state: n for state, n in states.items() if state != "billed"}

    eventually(lambda: not unbilled(), timeout_s=deadline - time.monotonic(), every_s=0.5)
    eventually(lambda: not open_events(suite.inspection_url), timeout_s=deadline - time.monotonic() + 10, every_s=0.5)
