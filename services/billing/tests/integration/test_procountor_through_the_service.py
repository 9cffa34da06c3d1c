"""Procountor from approval to the ledger: the real dispatcher, adapter and database against the simulator."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from services.billing.app import connections, desk, explaining, reversals
from services.billing.app.connections import ConnectionWish, Vault
from services.billing.app.reversals import ReversalWish
from services.billing.models import Connection
from services.billing.tests.integration import test_adapters_sandbox as adapters
from services.billing.tests.integration.conftest import Billing
from services.billing.tests.integration.test_adapters_sandbox import IBAN, Company
from shared.crypto import SecretBox
from shared.db.database import Creation
from shared.ids import new_id

sandbox = adapters.sandbox
WHOLE = {
    "send": True,
    "negative_credits": True,
    "dimensions": {"cost_centre": {"dimension": "Kustannuspaikka", "items": {}}},
}


@pytest.fixture
def company(sandbox: str) -> Company:
    """A new company in the simulator."""
    return adapters.new_company(sandbox, "procountor")


def connect(billing: Billing, company: Company, **settings: object) -> Billing:
    """Make the default connection as a person does."""
    whole = replace(billing, vault=Vault(built_in(Site()), SecretBox(bytes(range(32)))))
    given = {"url": f"{company.address}/procountor/api", "iban": IBAN, "requests_per_second": 60, **settings}
    wish = ConnectionWish("Procountor", given, dict(company.credentials), is_default=True, active=True)
    connections.create_connection(
        whole.begin(), whole.vault, Creation("connection", None, "", new_id()), "procountor", wish
    )
    return whole


def test_by_default_the_invoice_waits_for_the_bookkeeper(billing: Billing, company: Company) -> None:
    connected = connect(billing, company)
    connected.approve(connected.customer())
    connected.dispatcher().run_once()
    dispatch = connected.the_dispatch()
    assert (dispatch.state, dispatch.difference, dispatch.follow_up) == ("accepted", None, None)
    (invoice,) = company.books()["invoices"]
    assert invoice["status"] == "UNFINISHED"
    connected.check()


def test_with_new_secrets_nobody_is_taken_for_the_one_of_the_same_id_in_another_company(
    billing: Billing, company: Company, sandbox: str
) -> None:
    connected, other = connect(billing, company), adapters.new_company(sandbox, "procountor")
    first, second = connected.customer(number="1"), connected.customer(number="2")
    dispatcher = connected.dispatcher()
    connected.approve(first)
    dispatcher.run_once()
    with connected.read() as uow:
        (connection,) = uow.session.scalars(select(Connection))
    wish = ConnectionWish("Procountor", connection.settings, dict(other.credentials), is_default=True, active=True)
    connections.change_connection(connected.begin(), connected.vault, connection.id, None, wish, now=connected.clock())
    for payer in (second, first):
        connected.approve(payer)
        dispatcher.run_once()
    customers = [each["customer"] for each in other.books()["invoices"]]
    assert [each["code"] for each in customers] == ["2", "1"]
    assert len({each["id"] for each in customers}) == other.books()["customers"] == 2


def test_an_approved_order_is_sent_allocated_and_credited(billing: Billing, company: Company) -> None:
    connected = connect(billing, company, **WHOLE)
    connected.approve(connected.customer(), references={"cost_centre": "200"})
    dispatcher = connected.dispatcher()
    dispatcher.run_once()
    (document,) = connected.documents("accepted")
    creation = Creation("reversal", None, "", new_id())
    reversals.reverse_document(
        connected.begin(), creation, document.id, None, ReversalWish("Väärä kohde"), now=connected.clock()
    )
    dispatcher.run_once()
    assert [(each.state, each.difference, each.follow_up) for each in connected.dispatches()] == [
        ("reversed", None, None),
        ("accepted", None, None),
    ]
    invoice, credit = company.books()["invoices"]
    assert (invoice["gross"], credit["gross"]) == (str(document.gross), str(-document.gross))
    assert [each["status"] for each in (invoice, credit)] == ["SENT", "SENT"]
    assert {tuple(line["dimensions"]) for each in (invoice, credit) for line in each["lines"]} == {
        ("Kustannuspaikka/200",)
    }
    connected.check()


def test_a_step_that_fails_shows_waits_and_is_done_without_a_second_invoice(billing: Billing, company: Company) -> None:
    connected = connect(billing, company, **WHOLE)
    company.spoil("reset_after_save", "invoices/*/approve", methods=["PUT"])
    connected.approve(connected.customer(), references={"cost_centre": "200"})
    dispatcher = connected.dispatcher()
    dispatcher.run_once()
    waiting = connected.the_dispatch()
    assert (waiting.state, waiting.follow_up) == ("accepted", "waiting")
    assert explaining.reason_code(waiting) == "dispatch.follow_up_waits"
    connected.pass_time(60)
    dispatcher.run_once()
    assert (connected.the_dispatch().follow_up, connected.the_dispatch().error_detail) == (None, None)
    (invoice,) = company.books()["invoices"]
    assert invoice["status"] == "SENT"
    assert company.books()["calls"]["PUT invoices/*/approve"] == 1
    connected.check()


def test_a_missing_dimension_calls_a_person_who_may_have_it_tried_again(billing: Billing, company: Company) -> None:
    connected = connect(billing, company, **WHOLE)
    connected.approve(connected.customer(), references={"cost_centre": "4711"})
    dispatcher = connected.dispatcher()
    dispatcher.run_once()
    failed = connected.the_dispatch()
    assert (failed.state, failed.follow_up) == ("accepted", "failed")
    assert "4711" in (failed.error_detail or "")
    assert company.books()["invoices"][0]["status"] == "SENT"
    target = company.connect()
    dimension = target._client.get("dimensions", {})[0]["id"]  # type: ignore[attr-defined]
    target._client.post(f"dimensions/{dimension}/items", b'{"codeName": "4711"}')  # type: ignore[attr-defined]
    desk.retry_dispatch(connected.begin(), failed.id, None, now=connected.clock())
    dispatcher.run_once()
    assert connected.the_dispatch().follow_up is None
    assert company.books()["invoices"][0]["lines"][0]["dimensions"] == ["Kustannuspaikka/4711"]


def test_a_rate_that_the_company_does_not_use_is_explained_to_the_biller(billing: Billing, company: Company) -> None:
    company.configure(vat_percentages=["0", "14"])
    connected = connect(billing, company)
    connected.approve(connected.customer())
    dispatcher = connected.dispatcher()
    dispatcher.run_once()
    rejected = connected.the_dispatch()
    assert (rejected.state, rejected.error_code) == ("rejected", "procountor.vat_percent_not_offered")
    told = explaining.explanation_of(rejected, "fi")
    assert told is not None
    assert told.owner == "target"
    company.configure(vat_percentages=["0", "25.5"])
    desk.retry_dispatch(connected.begin(), rejected.id, None, now=connected.clock())
    dispatcher.run_once()
    assert connected.the_dispatch().state == "accepted"
    connected.check()
