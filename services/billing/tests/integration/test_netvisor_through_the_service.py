"""Netvisor from approval to matched credit: the real dispatcher, adapter and database against the simulator."""

import re
import threading
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from services.billing.app import attachments, connections, desk, reversals, sending
from services.billing.app.connections import ConnectionWish, Vault
from services.billing.app.links import DatabaseLinks, forget_link, list_links
from services.billing.app.payments import PaymentPoller, PaymentSettings
from services.billing.app.ports import ConnectionProblem
from services.billing.app.reversals import ReversalWish
from services.billing.domain.errors import LeadsElsewhere
from services.billing.models import AttemptTrace, Connection, CustomerConnection
from services.billing.tests.integration import test_adapters_sandbox as adapters
from services.billing.tests.integration.conftest import Billing
from services.billing.tests.integration.test_adapters_sandbox import Company
from services.billing.tests.unit.test_netvisor_pictures import png
from shared.crypto import SecretBox
from shared.db.database import Creation
from shared.ids import new_id
from shared.testing.waiting import eventually

sandbox = adapters.sandbox
D = Decimal


@pytest.fixture
def company(sandbox: str) -> Company:
    """A new company in the simulator."""
    return adapters.new_company(sandbox, "netvisor")


@pytest.fixture
def connected(billing: Billing, company: Company) -> Billing:
    """Billing whose default connection leads to the company."""
    return connect(billing, company)


def connect(billing: Billing, company: Company) -> Billing:
    """Make the connection as a person does."""
    whole = replace(billing, vault=Vault(built_in(Site()), SecretBox(bytes(range(32)))))
    wish = wish_for(company, is_default=True)
    creation = Creation("connection", None, "", new_id())
    connections.create_connection(whole.begin(), whole.vault, creation, "netvisor", wish)
    return whole


def wish_for(company: Company, *, is_default: bool, **settings: str) -> ConnectionWish:
    """A connection as a person wants it."""
    names = ("customer_id", "partner_id", "organisation_id")
    given = {"url": f"{company.address}/netvisor", **{name: company.credentials[name] for name in names}}
    secrets = {name: company.credentials[name] for name in ("customer_key", "partner_key")}
    return ConnectionWish("Netvisor", {**given, **settings}, secrets, is_default, active=True)


def credit(billing: Billing, document_id: str) -> str:
    """Take the whole document back; returns the credit's id."""
    creation = Creation("reversal", None, "", new_id())
    wish = ReversalWish("Väärä kohde")
    view = reversals.reverse_document(billing.begin(), creation, document_id, None, wish, now=billing.clock())
    return view.document.id


def test_an_approved_order_is_invoiced_credited_and_matched(connected: Billing, company: Company) -> None:
    connected.approve(connected.customer())
    dispatcher = connected.dispatcher()
    dispatcher.run_once()
    (document,) = connected.documents("accepted")
    credit(connected, document.id)
    dispatcher.run_once()
    original, reverse = connected.dispatches()
    assert (original.state, original.difference, original.follow_up) == ("reversed", None, None)
    assert (reverse.state, reverse.difference, reverse.follow_up) == ("accepted", None, None)
    invoice, credited = company.books()["invoices"]
    assert (invoice["gross"], credited["gross"]) == (str(document.gross), str(-document.gross))
    assert (D(invoice["open"]), D(credited["open"])) == (0, 0)
    assert company.books()["calls"]["POST matchcreditnote.nv"] == 1
    connected.check()


def test_a_connection_that_was_used_is_not_pointed_at_other_books(connected: Billing, company: Company) -> None:
    (connection_id,) = connection_ids(connected)

    def change(**settings: str) -> None:
        wish = wish_for(company, is_default=True, **settings)
        wish = replace(wish, secrets={})
        connections.change_connection(
            connected.begin(), connected.vault, connection_id, None, wish, now=connected.clock()
        )

    change(organisation_id="9000048-4")
    change()
    connected.approve(connected.customer())
    connected.dispatcher().run_once()
    with pytest.raises(LeadsElsewhere, match="9000048-4"):
        change(organisation_id="9000048-4")
    with pytest.raises(LeadsElsewhere, match=r"books\.example"):
        change(url="https://books.example/netvisor")
    change(language="EN")


def test_a_link_whose_customer_is_gone_there_is_seen_and_forgotten(connected: Billing, company: Company) -> None:
    (connection_id,) = connection_ids(connected)
    payer = connected.customer()
    dispatcher = connected.dispatcher()
    connected.approve(payer)
    dispatcher.run_once()
    (link,) = list_links(connected.read(), connection_id, "customer", our_key=None, after="", limit=9)
    gone = DatabaseLinks(connected.database, connected.context, connection_id, clock=connected.clock)
    gone.put("customer", link.our_key, "999999", "customer_number")
    dispatcher = connected.dispatcher()
    connected.approve(payer)
    dispatcher.run_once()
    assert sorted(each.state for each in connected.dispatches()) == ["accepted", "rejected"]
    (rejected,) = (each for each in connected.dispatches() if each.state == "rejected")
    forget_link(connected.begin(), connection_id, "customer", link.our_key, now=connected.clock())
    desk.retry_dispatch(connected.begin(), rejected.id, None, now=connected.clock())
    dispatcher.run_once()
    assert [each.state for each in connected.dispatches()] == ["accepted", "accepted"]
    (found,) = list_links(connected.read(), connection_id, "customer", our_key=link.our_key, after="", limit=9)
    assert (found.target_id, found.matched_by) == (link.target_id, "customer_number")
    assert company.books()["customers"] == 1


def test_a_match_that_fails_leaves_the_credit_accepted_and_is_made_later(connected: Billing, company: Company) -> None:
    connected.approve(connected.customer())
    dispatcher = connected.dispatcher()
    dispatcher.run_once()
    credit(connected, connected.documents("accepted")[0].id)
    company.spoil("maintenance", "matchcreditnote.nv")
    dispatcher.run_once()
    _, reverse = connected.dispatches()
    assert (reverse.state, reverse.follow_up) == ("accepted", "waiting")
    assert "maintenance" in (reverse.error_detail or "")
    assert D(company.books()["invoices"][1]["open"]) == -connected.documents()[0].gross
    connected.pass_time(60)
    dispatcher.run_once()
    _, reverse = connected.dispatches()
    assert (reverse.follow_up, reverse.error_detail) == (None, None)
    assert D(company.books()["invoices"][1]["open"]) == 0
    assert len(company.books()["invoices"]) == 2
    connected.check()


def test_a_report_and_a_picture_go_with_the_invoice(connected: Billing, company: Company) -> None:
    connected.approve(connected.customer())
    (document,) = connected.documents()
    for name, content in (("raportti.pdf", b"%PDF-1.7\nexample"), ("kuva.png", png())):
        attachments.add_attachment(connected.begin(), document.id, name, content, now=connected.clock())
    connected.dispatcher().run_once()
    dispatch = connected.the_dispatch()
    assert (dispatch.state, dispatch.error_detail) == ("accepted", None)
    with connected.read() as uow:
        (trace,) = uow.session.scalars(select(AttemptTrace.exchanges))
    (body,) = [each["request_body"] for each in trace if "salesinvoice.nv" in each["url"] and each["request_body"]]
    assert re.findall("<filename>(.*?)</filename>", body) == ["raportti.pdf", "kuva.pdf"]


def test_a_damaged_picture_stops_the_invoice_with_a_reason(connected: Billing) -> None:
    connected.approve(connected.customer())
    (document,) = connected.documents()
    attachments.add_attachment(connected.begin(), document.id, "kuva.png", png()[:-30], now=connected.clock())
    connected.dispatcher().run_once()
    dispatch = connected.the_dispatch()
    assert (dispatch.state, dispatch.error_code) == ("rejected", "netvisor.attachment_type")
    assert "kuva.png" in (dispatch.error_detail or "")


def serve(billing: Billing, company: Company, documents: int) -> dict[str, int]:
    """Let three dispatchers and a poller work until all is accepted and asked for; returns the simulator's counters."""
    poller = PaymentPoller(
        billing.database,
        billing.wakeup,
        billing.vault.open_leased,
        PaymentSettings(pause_s=0.0, gap_s=0.0, round_s=0.05),
        owner="poller",
        books_of=billing.vault.books_of,
        clock=billing.clock,
    )
    stop = threading.Event()
    jobs = [threading.Thread(target=poller.run, args=(stop,))]
    jobs += [threading.Thread(target=billing.dispatcher(f"process-{n}").run, args=(stop,)) for n in (1, 2, 3)]
    for job in jobs:
        job.start()
    try:
        eventually(lambda: len(billing.documents("accepted")) == documents, timeout_s=60)
        eventually(lambda: company.books()["calls"].get("GET salesinvoicelist.nv", 0) > 0, timeout_s=60)
    finally:
        stop.set()
        for job in jobs:
            job.join(timeout=30)
    assert len(company.books()["invoices"]) == documents
    return dict(company.books()["calls"])


def test_several_processes_call_a_company_one_at_a_time(billing_pg: Billing, company: Company) -> None:
    """The simulator refuses overlapping calls and counts them."""
    company.configure(latency_s=0.02)
    connected = connect(billing_pg, company)
    payer = connected.customer()
    for _ in range(6):
        connected.approve(payer)
    assert serve(connected, company, 6).get("overlapping_calls", 0) == 0


def test_two_connections_to_one_company_take_turns(billing_pg: Billing, company: Company) -> None:
    """One makes invoices, the other orders: the company is the same."""
    company.configure(latency_s=0.02)
    connected = connect(billing_pg, company)
    orders = connect_again(connected, company, invoice_type="order")
    payers = [connected.customer(), connected.customer()]
    override(connected, payers[1], orders)
    for number in range(8):
        connected.approve(payers[number % 2])
    assert len({dispatch.connection_id for dispatch in connected.dispatches()}) == 2
    assert serve(connected, company, 8).get("overlapping_calls", 0) == 0


def test_a_connection_is_not_tested_while_its_company_is_called(billing_pg: Billing, company: Company) -> None:
    connected = connect(billing_pg, company)
    second = connect_again(connected, company, invoice_type="order")
    (first,) = [each for each in connection_ids(connected) if each != second]
    books_of = connected.vault.books_of

    def in_turn(of: str) -> AbstractContextManager[None]:
        return sending.turn(connected.database, connected.context, of, "check", books_of, patience_s=0.0)

    with sending.turn(connected.database, connected.context, second, "dispatcher", books_of):
        with pytest.raises(ConnectionProblem, match="just being sent"):
            connections.check_connection(connected.read(), connected.vault, first, in_turn)
        assert "GET salesinvoicelist.nv" not in company.books()["calls"]
    connections.check_connection(connected.read(), connected.vault, first, in_turn)
    assert company.books()["calls"]["GET salesinvoicelist.nv"] == 1


def connection_ids(billing: Billing) -> list[str]:
    with billing.read() as uow:
        return list(uow.session.scalars(select(Connection.id)))


def connect_again(billing: Billing, company: Company, **settings: str) -> str:
    """A second connection to the same company; its id."""
    wish = wish_for(company, is_default=False, **settings)
    creation = Creation("connection", None, "", new_id())
    return connections.create_connection(billing.begin(), billing.vault, creation, "netvisor", wish).id


def override(billing: Billing, payer: str, connection_id: str) -> None:
    """Let the payer's documents go over this connection."""
    with billing.begin() as uow:
        uow.session.add(CustomerConnection(customer_id=payer, connection_id=connection_id))
        uow.commit()
