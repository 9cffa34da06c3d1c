"""Payers with a connection of their own, and a new key for the secrets."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from services.billing.app import batches, compose, overrides
from services.billing.app.batches import Selection
from services.billing.app.connections import remove_connection
from services.billing.bootstrap import SERVICE
from services.billing.domain.errors import ChosenByPayers, NoConnection
from services.billing.models import Connection
from services.billing.tests.integration.conftest import Billing
from shared.crypto import SecretBox, UnreadableSecret
from shared.db import get_or_404
from shared.db.database import Creation
from shared.db.sealed import seal_anew
from shared.errors import NotFound, VersionMismatch
from shared.ids import new_id

NEW, BOTH = SecretBox(bytes(range(1, 33))), SecretBox(bytes(range(1, 33)), bytes(range(32)))


def test_immediate_documents_go_to_the_payers_own_connection(billing: Billing) -> None:
    usual, own = billing.connect(), billing.connect(is_default=False)
    payer = billing.customer(number="9")
    customer = billing.customer(payer_id=payer)
    overrides.set_override(billing.begin(), payer, None, own)
    billing.approve(customer)
    billing.approve(billing.customer())
    assert [each.connection_id for each in billing.dispatches()] == [own, usual]


def test_a_batch_goes_to_each_payers_connection_unless_it_names_one(billing: Billing) -> None:
    usual, own = billing.connect(), billing.connect(is_default=False)
    special = billing.customer(billing_rhythm="monthly")
    overrides.set_override(billing.begin(), special, None, own)
    for named in (None, usual):
        billing.approve(special)
        billing.approve(billing.customer(billing_rhythm="monthly"))
        creation = Creation("batch", None, "", new_id())
        batch = batches.create_batch(billing.begin(), creation, Selection(), named)
        batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock())
        batches.dispatch_batch(billing.begin(), batch.id, None, now=billing.clock())
    assert [each.connection_id for each in billing.dispatches()].count(own) == 1
    assert [each.connection_id for each in billing.dispatches()].count(usual) == 3
    billing.dispatcher().run_once()
    assert {each.state for each in billing.dispatches()} == {"accepted"}
    billing.check()


def test_the_survivor_of_a_merger_takes_over_the_connection_until_it_is_undone(billing: Billing) -> None:
    usual, own, other = billing.connect(), billing.connect(is_default=False), billing.connect(is_default=False)
    survivor = billing.customer(billing_rhythm="monthly")
    middle, first = billing.customer(), billing.customer()
    overrides.set_override(billing.begin(), first, None, own)
    billing.customer(first, version=2, merged_into=middle)
    billing.customer(middle, version=2, merged_into=survivor)
    assert ways_of(billing, survivor) == {own}

    overrides.set_override(billing.begin(), middle, None, other)
    assert ways_of(billing, survivor) == {other}
    overrides.set_override(billing.begin(), survivor, None, usual)
    assert ways_of(billing, survivor) == {usual}
    overrides.remove_override(billing.begin(), survivor, None)

    billing.customer(middle, version=3, merged_into=None)
    assert ways_of(billing, survivor) == {usual}
    assert ways_of(billing, middle) == {other}


def test_work_of_a_merged_customer_is_in_the_pool_of_the_survivor(billing: Billing) -> None:
    billing.connect()
    survivor, merged = billing.customer(billing_rhythm="monthly"), billing.customer(billing_rhythm="monthly")
    billing.approve(merged)
    billing.approve(billing.customer(billing_rhythm="monthly"))

    def in_pool() -> int:
        chosen = Selection(customer_ids=[survivor])
        return len(batches.list_pool(billing.read(), chosen, limit=9, after=None).items)

    assert in_pool() == 0
    billing.customer(merged, version=2, billing_rhythm="monthly", merged_into=survivor)
    assert in_pool() == 1
    batch = batches.create_batch(
        billing.begin(), Creation("batch", None, "", new_id()), Selection(customer_ids=[survivor]), None
    )
    batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock())
    assert (in_pool(), len(billing.documents())) == (0, 1)
    billing.check()


def test_mergers_in_a_circle_end(billing: Billing) -> None:
    usual = billing.connect()
    one, two = billing.customer(), billing.customer()
    billing.customer(one, version=2, merged_into=two)
    billing.customer(two, version=2, merged_into=one)
    assert ways_of(billing, one) == {usual}


def ways_of(billing: Billing, payer: str) -> set[str | None]:
    """Where the payer's documents go: asked for one and for many."""
    with billing.read() as uow:
        tenant = uow.context.tenant_id
        alone, _ = compose.load_destination(uow.session, tenant, payer_id=payer)
        many = compose.load_destinations(uow.session, tenant, None, [payer, new_id()])
        return {way.connection_id if way else None for way in (alone, many[payer])}


def test_a_connection_that_payers_are_pointed_at_is_not_removed(billing: Billing) -> None:
    billing.connect()
    other, payer = billing.connect(is_default=False), billing.customer()
    overrides.set_override(billing.begin(), payer, None, other)
    with pytest.raises(ChosenByPayers) as refused:
        remove_connection(billing.begin(), other, None)
    assert refused.value.facts["payers"] == [payer]
    overrides.remove_override(billing.begin(), payer, None)
    assert remove_connection(billing.begin(), other, None).active is False


def test_a_connection_of_its_own_that_is_not_in_use_sends_to_no_other(billing: Billing) -> None:
    billing.connect()
    own = billing.connect(is_default=False)
    customer = billing.customer(billing_rhythm="monthly")
    overrides.set_override(billing.begin(), customer, None, own)
    with billing.begin() as uow:
        get_or_404(uow.session, Connection, own).active = False
        uow.commit()
    billing.approve(customer)
    creation = Creation("batch", None, "", new_id())
    batch = batches.create_batch(billing.begin(), creation, Selection(), None)
    batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock())
    with pytest.raises(NoConnection):
        batches.dispatch_batch(billing.begin(), batch.id, None, now=billing.clock())


def test_overrides_are_changed_removed_and_audited(billing: Billing) -> None:
    first, second = billing.connect(), billing.connect(is_default=False)
    customer = new_id()
    made = overrides.set_override(billing.begin(), customer, None, first)
    with pytest.raises(VersionMismatch):
        overrides.set_override(billing.begin(), customer, made.version + 1, second)
    overrides.set_override(billing.begin(), customer, made.version, second)
    (shown,) = overrides.list_overrides(billing.read(), limit=10, after=None).items
    assert shown.connection_id == second
    overrides.remove_override(billing.begin(), customer, None)
    with pytest.raises(NotFound):
        overrides.remove_override(billing.begin(), customer, None)
    with pytest.raises(NotFound):
        overrides.set_override(billing.begin(), customer, None, new_id())
    with billing.read() as uow:
        actions = uow.session.execute(
            text("SELECT action FROM audit_log WHERE entity LIKE '%ustomer%onnection%' ORDER BY id")
        ).scalars()
        assert len(list(actions)) == 3


def test_the_secrets_of_connections_are_sealed_anew_for_what_they_were_sealed_for(billing: Billing) -> None:
    first, second = billing.connect(), billing.connect(is_default=False)
    with billing.begin() as uow:
        get_or_404(uow.session, Connection, second).secrets = NEW.seal(b"{}", b"another purpose")
        uow.commit()
    rotated = seal_anew(billing.database, SERVICE.sealed, BOTH)
    assert (rotated.sealed, rotated.already, rotated.unreadable) == (1, 0, [f"connection {second}"])
    with billing.read() as uow:
        connection = get_or_404(uow.session, Connection, first)
    with pytest.raises(UnreadableSecret):
        billing.vault.unseal(first, connection.secrets)
    assert "salaisuus" in str(replace(billing.vault, box=NEW).unseal(first, connection.secrets))
