"""Death at the worst places: after the publishing before the marking, between a commit and its ack, around a call.

Each place is named in the code; a process that reaches it ends without a word and is started again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.firm import ORDERS
from deploy.demo.targets import DemoTarget
from shared.bus.failpoints import AFTER_COMMIT, AFTER_PUBLISH, BEFORE_COMMIT
from shared.testing.servers import amqp_server
from shared.testing.waiting import eventually
from tests.support.books import audit
from tests.support.inspection import broken_invariants, open_events, rows_of
from tests.support.mortal import AFTER_RECORD, AFTER_SEND, FOLDER, lay_token
from tests.support.patient import PatientClient
from tests.support.suite import SHORT_TIMEOUTS, Suite, running_suite
from tests.support.yard import Yard, open_yard

pytestmark = pytest.mark.alone

DEATH_WITHIN_S = 30.0
BILLED_WITHIN_S = 90.0
ORDERS_AT_ONCE = 3
LAPSE = "lapse LeaseLapsed"
PLACES = (
    ("netvisor", "workorders", "relay", AFTER_PUBLISH),
    ("procountor", "billing", "consume", BEFORE_COMMIT),
    ("netvisor", "billing", "consume", AFTER_COMMIT),
    ("netvisor", "billing", "jobs", AFTER_RECORD),
    ("procountor", "billing", "jobs", AFTER_RECORD),
    ("netvisor", "billing", "jobs", AFTER_SEND),
    ("procountor", "billing", "jobs", AFTER_SEND),
    ("procountor", "billing", "relay", AFTER_PUBLISH),
    ("netvisor", "workorders", "consume", BEFORE_COMMIT),
    ("procountor", "workorders", "consume", AFTER_COMMIT),
)


@dataclass(slots=True)
class Scene:
    """A running suite of mortal processes and a firm for each target, with the numbers of all approved orders."""

    suite: Suite
    tokens: Path
    yards: dict[str, Yard]
    foremen: dict[str, PatientClient]
    approved: dict[str, list[str]]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("fail_points")
    tokens = folder / "tokens"
    tokens.mkdir()
    runner = ("-m", "tests.support.mortal", "{service}")
    with running_suite(folder, amqp_server(), environment={FOLDER: str(tokens)}, runner=runner) as suite:
        targets: dict[str, DemoTarget] = {
            "netvisor": suite.sandbox.netvisor(**SHORT_TIMEOUTS),
            "procountor": suite.sandbox.procountor(**SHORT_TIMEOUTS),
        }
        key = suite.production.provisioning_key
        yards = {kind: open_yard(suite.base_url, key, target, kind) for kind, target in targets.items()}
        foremen = {kind: yard.foreman(suite.base_url) for kind, yard in yards.items()}
        yield Scene(suite, tokens, yards, foremen, {kind: [] for kind in yards})


@pytest.mark.parametrize(("kind", "service", "role", "point"), PLACES, ids=[f"{k}-{s}-{p}" for k, s, _, p in PLACES])
def test_a_process_dies_there_and_every_order_is_billed_once(
    scene: Scene, kind: str, service: str, role: str, point: str
) -> None:
    yard, foreman = scene.yards[kind], scene.foremen[kind]
    orders = [yard.finished_order(foreman, random.Random(n)) for n in range(ORDERS_AT_ONCE)]
    eventually(lambda: not open_events(scene.suite.inspection_url), timeout_s=DEATH_WITHIN_S, every_s=0.2)
    before = pid_of(scene.suite, f"{service}-{role}")

    token = lay_token(scene.tokens, service, point)
    for order in orders:
        foreman.post(f"{ORDERS}/{order['id']}/approve")
        scene.approved[kind].append(str(order["number"]))

    eventually(lambda: not token.exists(), timeout_s=DEATH_WITHIN_S)
    eventually(lambda: pid_of(scene.suite, f"{service}-{role}") not in (None, before), timeout_s=DEATH_WITHIN_S)
    for order in orders:
        eventually(lambda known=order: is_billed(foreman, known), timeout_s=BILLED_WITHIN_S, every_s=0.2)
    eventually(lambda: not open_events(scene.suite.inspection_url), timeout_s=DEATH_WITHIN_S, every_s=0.2)
    audit(yard.firm, scene.approved[kind])
    assert broken_invariants("billing", scene.suite.inspection_url) == ""


def test_what_was_being_sent_was_looked_up_before_anything_else(scene: Scene) -> None:
    """Where the call had been made, the look found the invoice; where not, two looks had to miss it first."""
    history = rows_of(
        scene.suite.inspection_url,
        "billing",
        "SELECT dispatch_id, kind || ' ' || outcome AS step FROM dispatch_attempts ORDER BY dispatch_id, id",
    )
    ways = {
        entry["dispatch_id"]: [e["step"] for e in history if e["dispatch_id"] == entry["dispatch_id"]]
        for entry in history
    }
    interrupted = {tuple(way[way.index(LAPSE) + 1 :]) for way in ways.values() if LAPSE in way}
    assert interrupted == {("look Found",), ("look Absent", "look Absent", "send Accepted")}


def pid_of(suite: Suite, name: str) -> int | None:
    return suite.production.processes(name).get(name)


def is_billed(foreman: PatientClient, order: dict[str, Any]) -> bool:
    return str(foreman.get(f"{ORDERS}/{order['id']}")["state"]) == "billed"
