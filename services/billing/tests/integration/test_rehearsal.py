"""A dry run shows exactly what would be sent, and leaves no trace."""

import hashlib
import json

import pytest
from sqlalchemy import text

from services.billing.adapters.registry import TARGETS
from services.billing.app import rehearsal
from services.billing.app.connections import ConnectionWish, Vault, create_connection
from services.billing.app.rehearsal import Rehearsed
from services.billing.domain.errors import NoConnection
from services.billing.domain.outcomes import Rejected
from services.billing.tests.integration.conftest import Billing
from services.billing.tests.targets import fault_server
from shared.db.database import Creation
from shared.errors import NotFound
from shared.ids import new_id

NETVISOR = {"customer_id": "C", "partner_id": "P", "organisation_id": "1234567-8"}
PROCOUNTOR = {"iban": "FI3715903000000776"}


def rehearse(billing: Billing, document_id: str | None = None, connection_id: str | None = None) -> Rehearsed:
    wanted = document_id or billing.documents()[0].id
    return rehearsal.rehearse(
        billing.database, billing.context, billing.vault, wanted, connection_id, now=billing.clock()
    )


def test_a_dry_run_and_the_sending_after_it_have_the_same_bytes(billing: Billing) -> None:
    billing.connect()
    customer = billing.customer()
    billing.approve(customer)
    billing.dispatcher().run_once()
    billing.approve(customer)
    document = billing.documents("ready")[0]
    found = rehearse(billing, document.id)
    assert (found.target, found.unlinked, found.problems) == ("fake", [], ())
    assert billing.target.sends == 1
    billing.dispatcher().run_once()
    assert billing.dispatches()[-1].payload_sha256 == found.sha256
    assert json.loads(str(found.payload))["key"] == document.key


@pytest.mark.parametrize(("target", "settings"), [("netvisor", NETVISOR), ("procountor", PROCOUNTOR)])
def test_nobody_is_asked_and_nothing_stored(billing: Billing, target: str, settings: dict[str, str]) -> None:
    billing.vault = Vault({target: TARGETS[target]}, billing.vault.box)
    with fault_server() as server:
        secrets = dict.fromkeys(TARGETS[target].secrets, "salaisuus")
        wish = ConnectionWish("Kirjat", {"url": server.url, **settings}, secrets, True, True)
        create_connection(billing.begin(), billing.vault, Creation("connection", None, "", new_id()), target, wish)
        billing.approve(billing.customer())
        found = rehearse(billing)
        assert server.requests == []
    assert "As Oy Esimerkin Koivuranta 3" in str(found.payload)
    assert {(each.kind, each.key) for each in found.unlinked} == {("customer", "1001"), ("product", "HUOLTO")}
    assert hashlib.sha256(str(found.payload).encode()).hexdigest() == found.sha256
    with billing.read() as uow:
        for table in ("target_links", "dispatch_attempts", "connection_numbers"):
            assert uow.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_refusal_is_told_as_a_problem(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    billing.target.prepare_faults = [Rejected("fake.no", "not so", "/payer/number")]
    found = rehearse(billing)
    assert (found.payload, [each.code for each in found.problems]) == (None, ["fake.no"])


def test_it_may_be_asked_for_another_connection_and_needs_one(billing: Billing) -> None:
    billing.connect()
    other = billing.connect(is_default=False)
    billing.approve(billing.customer())
    assert rehearse(billing, connection_id=other).connection_id == other
    with pytest.raises(NoConnection):
        rehearse(billing, connection_id=new_id())
    with pytest.raises(NotFound):
        rehearse(billing, new_id())
