"""Two thousand documents for four companies, while targets fail in every way and processes die on the worst lines.

The database is PostgreSQL, the adapters and the simulators speak HTTP on loopback, the dispatcher is the real one; only
time is the test's own: waits of hours pass at once. Dice are thrown with a seed that a failure names.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.faults import KINDS, Fault
from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from services.billing.app.bulk import MOST, retry_many
from services.billing.app.connections import ConnectionWish, Vault, create_connection
from services.billing.app.dispatcher import AFTER_RECORD, AFTER_SEND, Dispatcher
from services.billing.app.overrides import set_override
from services.billing.app.pausing import pauses_of, resume_connection
from services.billing.models import BillingDocument, Dispatch
from services.billing.tests.integration.conftest import Billing, _billing, postgres_billing_engine
from shared.bus.consumer import Handled
from shared.bus.failpoints import BEFORE_COMMIT, armed
from shared.crypto import SecretBox
from shared.db.database import Creation
from shared.ids import new_id
from shared.testing.serving import serving

__all__ = ["postgres_billing_engine"]

DOCUMENTS = 2_000
PAYERS_OF_EACH = 5
SPOILED = 0.2
DEATHS = 0.02
STORMY_ROUNDS = 60
CALM_ROUNDS = 60
SEED = int(os.environ.get("URAKKA_TEST_SEED", "20261121"))
PAUSES_S = (7.0, 61.0, 131.0, 240.0)
SETTINGS: dict[str, dict[str, Any]] = {
    "netvisor": {},
    "procountor": {
        "iban": "FI2112345600000785",
        "vat_statuses": {"S": 1, "Z": 1, "AE": 22},
        "requests_per_second": 60,
    },
}
PATHS = {"netvisor": "/netvisor", "procountor": "/procountor/api"}


class Died(BaseException):
    """The process is gone: no handler of `Exception` may see it."""


@dataclass
class Company:
    """A company in a simulator, and the connection to it."""

    which: str
    simulator: Any
    id: str
    connection_id: str
    payers: list[str]

    def books(self) -> list[dict[str, Any]]:
        """The invoices that the target has."""
        found: list[dict[str, Any]] = self.simulator.books(self.id)["invoices"]
        return found

    def break_something(self, dice: random.Random) -> None:
        """From now on some calls go wrong, in one way."""
        plan = self.simulator.faults(self.id)
        plan.clear()
        plan.add(Fault(dice.choice(KINDS), times=None, probability=SPOILED, seed=dice.getrandbits(32), delay_s=0.45))

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.simulator.faults(self.id).clear()


@dataclass
class Storm:
    """The service, its companies and the dice."""

    billing: Billing
    companies: list[Company]
    dice: random.Random
    deaths: Counter[str] = field(default_factory=Counter)
    processes: int = 0

    def mortal(self, place: str) -> Any:
        """Die here, now and then."""

        def die() -> None:
            if self.dice.random() < DEATHS:
                self.deaths[place] += 1
                raise Died

        return armed(place, die)

    def new_process(self) -> Dispatcher:
        """A dispatcher that knows nothing of those before it."""
        self.processes += 1
        return self.billing.dispatcher(f"process-{self.processes}")


@pytest.fixture
def storm(postgres_billing_engine: Engine) -> Iterator[Storm]:
    app = create_sandbox(SandboxConfig(seed_demo=False))
    with contextlib.contextmanager(_billing)(postgres_billing_engine) as billing, serving(app) as url:
        billing.vault = _impatient_vault()
        billing.product()
        companies = [
            _company(billing, which, app.extensions["sandbox"][which], f"{url}{PATHS[which]}", number)
            for which in ("netvisor", "procountor")
            for number in (1, 2)
        ]
        yield Storm(billing, companies, random.Random(SEED))


def _impatient_vault() -> Vault:
    """The real kinds of targets, which give up after less time than a person may set."""
    kinds = {name: kind for name, kind in built_in(Site()).items() if name in SETTINGS}
    for kind in kinds.values():
        build = kind.build
        quick = {"connect_timeout_s": 5.0, "read_timeout_s": 0.3}
        object.__setattr__(kind, "build", lambda s, c, build=build, quick=quick: build({**s, **quick}, c))
    return Vault(kinds, SecretBox(bytes(range(32))))


def _company(billing: Billing, which: str, simulator: Any, url: str, number: int) -> Company:
    made = simulator.create({})
    kind, credentials = billing.vault.kind(which), made["credentials"]
    known = kind.settings().fields
    settings = {"url": url, **SETTINGS[which], **{name: text for name, text in credentials.items() if name in known}}
    secrets = {name: credentials[name] for name in kind.secrets}
    wish = ConnectionWish(f"{which} {number}", settings, secrets, is_default=False, active=True)
    connection = create_connection(
        billing.begin(), billing.vault, Creation("connection", None, "", new_id()), which, wish
    )
    payers = [
        billing.customer(number=f"{which[0].upper()}{number}-{index}", name=f"Asiakas {index}", business_id=None)
        for index in range(PAYERS_OF_EACH)
    ]
    for payer in payers:
        set_override(billing.begin(), payer, None, connection.id)
    return Company(which, simulator, made["id"], connection.id, payers)


def test_every_document_is_in_its_target_once_and_to_the_cent(storm: Storm) -> None:
    _approve_all(storm)
    _live_through(storm)
    _clear_up(storm)
    assert storm.deaths.keys() == {BEFORE_COMMIT, AFTER_RECORD, AFTER_SEND}, f"seed {SEED}: {storm.deaths}"
    _check_books(storm)
    storm.billing.check()


def _approve_all(storm: Storm) -> None:
    """Let approved orders arrive; a consumer that dies gets the event again, as from the broker."""
    for index in range(DOCUMENTS):
        company = storm.companies[index % len(storm.companies)]
        body = storm.billing.approval(storm.dice.choice(company.payers), *_rows(storm.dice))
        while True:
            with contextlib.suppress(Died), storm.mortal(BEFORE_COMMIT):
                assert storm.billing.take(body) is Handled.APPLIED
                break
        if storm.dice.random() < DEATHS:  # died between the commit and the acknowledgement
            assert storm.billing.take(body) is Handled.DUPLICATE


def _rows(dice: random.Random) -> list[dict[str, Any]]:
    rows = [
        {
            "quantity": str(Decimal(dice.randint(1, 9_999)) / 1_000),
            "unit_price": str(Decimal(dice.randint(1, 999_999)) / 10_000),
            "discount_percent": dice.choice(["0", "0", "8", "33.33"]),
            "vat_rate_percent": dice.choice(["25.50", "13.50"]),
        }
        for _ in range(dice.randint(1, 4))
    ]
    for row in rows:
        row["vat_class"] = "standard" if row["vat_rate_percent"] == "25.50" else "reduced"
    return rows


def _live_through(storm: Storm) -> None:
    """Round after round something else is broken, and processes die in the middle of calls."""
    dispatcher = storm.new_process()
    for _ in range(STORMY_ROUNDS):
        for company in storm.companies:
            company.break_something(storm.dice)
        try:
            with storm.mortal(AFTER_RECORD), storm.mortal(AFTER_SEND):
                dispatcher.run_once()
        except Died:
            dispatcher = storm.new_process()
        _person_looks(storm)
        storm.billing.pass_time(storm.dice.choice(PAUSES_S))


def _clear_up(storm: Storm) -> None:
    """The targets work again; what waits for a person gets one."""
    for company in storm.companies:
        company.mend()
    dispatcher = storm.new_process()
    for _ in range(CALM_ROUNDS):
        dispatcher.run_once()
        _person_looks(storm)
        if all(state == "accepted" for state in _states(storm)):
            return
        storm.billing.pass_time(PAUSES_S[-1])
    pytest.fail(f"seed {SEED}: not over after {CALM_ROUNDS} rounds: {_open_ends(storm)}")


def _person_looks(storm: Storm) -> None:
    """Paused connections are resumed, refused documents sent again, lost ones looked up again."""
    billing = storm.billing
    paused = list(pauses_of(billing.read(), [company.connection_id for company in storm.companies]))
    with billing.read() as uow:
        waiting = (Dispatch.state == "rejected") | ((Dispatch.state == "unclear") & Dispatch.needs_person)
        ids = list(uow.session.scalars(select(Dispatch.id).where(waiting).limit(MOST)))
    for connection_id in paused:
        resume_connection(billing.begin(), connection_id, None, now=billing.clock())
    retry_many(billing.begin, ids, now=billing.clock())


def _states(storm: Storm) -> list[str]:
    with storm.billing.read() as uow:
        return list(uow.session.scalars(select(Dispatch.state)))


def _open_ends(storm: Storm) -> Counter[tuple[Any, ...]]:
    """What is not accepted, and why."""
    with storm.billing.read() as uow:
        columns = (Dispatch.target, Dispatch.state, Dispatch.error_code, Dispatch.error_detail)
        found = uow.session.execute(select(*columns).where(Dispatch.state != "accepted"))
        return Counter(tuple(row) for row in found)


def _check_books(storm: Storm) -> None:
    with storm.billing.read() as uow:
        statement = select(BillingDocument, Dispatch).join(Dispatch, Dispatch.document_id == BillingDocument.id)
        ours = uow.session.execute(statement).all()
    assert len(ours) == DOCUMENTS
    for company in storm.companies:
        booked = company.books()
        wanted = {
            document.key: (document.net, document.vat, document.gross)
            for document, dispatch in ours
            if dispatch.connection_id == company.connection_id
        }
        twice = [key for key, count in Counter(invoice["key"] for invoice in booked).items() if count > 1]
        assert twice == [], f"seed {SEED}: {company.which} has documents twice"
        found = {each["key"]: tuple(Decimal(each[name]) for name in ("net", "vat", "gross")) for each in booked}
        assert found == wanted, f"seed {SEED}: {company.which}"
