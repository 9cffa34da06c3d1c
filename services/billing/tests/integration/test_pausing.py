"""A target that refuses the credentials stops its connection, not its documents; waits are explained."""

from typing import Any

import pytest

from services.billing.app import metrics, sending
from services.billing.app.connections import ConnectionWish, change_connection
from services.billing.app.desk import DispatchFilter, list_dispatches
from services.billing.app.pausing import pauses_of, resume_connection, take_over
from services.billing.app.summary import summarise
from services.billing.app.waiting import Wait, waits_of
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.outcomes import NotSent, Rejected
from services.billing.models import Connection, Dispatch
from services.billing.tests.integration.conftest import OTHER_TENANT, Billing
from shared.bus.failpoints import armed
from shared.context import system_context
from shared.errors import NotFound

REFUSED = Rejected("fake.authentication_failed", "The books did not accept the key.")


@pytest.fixture
def connection_id(billing: Billing) -> str:
    return billing.connect()


def pause_by(billing: Billing, where: str) -> None:
    """Two approved orders; the first call is refused in `prepare` or in `send`."""
    customer = billing.customer()
    billing.approve(customer)
    billing.approve(customer)
    if where == "prepare":
        billing.target.prepare_faults = [REFUSED]
    else:
        billing.target._send = lambda *_: REFUSED  # type: ignore[method-assign]
    billing.dispatcher().run_once()
    if where == "send":
        del billing.target._send
    billing.pass_time(7200)


def wait_of(billing: Billing, dispatch: Dispatch) -> Wait | None:
    return waits_of(billing.read(), [dispatch], billing.clock()).get(dispatch.id)


@pytest.mark.parametrize("where", ["prepare", "send"])
def test_refused_credentials_pause_the_connection_and_the_documents_wait(
    billing: Billing, connection_id: str, where: str
) -> None:
    pause_by(billing, where)
    calls = billing.target.prepared + billing.target.sends

    billing.dispatcher().run_once()

    assert billing.target.prepared + billing.target.sends == calls, "nothing is tried while it is paused"
    dispatches = billing.dispatches()
    assert [each.state for each in dispatches] == [DispatchState.WAITING] * 2
    assert [wait_of(billing, each) for each in dispatches] == [
        Wait("connection.paused", None, "The books did not accept the key.")
    ] * 2
    paused = pauses_of(billing.read(), [connection_id])[connection_id]
    assert (paused.paused_code, paused.paused_detail) == (REFUSED.code, REFUSED.detail)
    billing.check()


def test_a_connection_that_we_cannot_use_waits_for_a_person_and_says_why(billing: Billing) -> None:
    connection_id = billing.connect()
    with billing.begin() as uow:
        connection = uow.session.get_one(Connection, connection_id)
        sealed, connection.secrets = connection.secrets, b"sealed with another key"
        uow.commit()
    billing.approve(billing.customer())
    billing.dispatcher().run_once()

    wait = wait_of(billing, billing.the_dispatch())
    assert wait is not None
    assert (wait.code, wait.until) == ("connection.unusable", None)
    assert "secrets cannot be read" in str(wait.detail)
    assert summarise(billing.read()).attention == 1

    with billing.begin() as uow:
        uow.session.get_one(Connection, connection_id).secrets = sealed
        uow.commit()
    resume_connection(billing.begin(), connection_id, None, now=billing.clock())
    billing.dispatcher().run_once()
    assert billing.the_dispatch().state == DispatchState.ACCEPTED


def test_what_a_stopped_connection_holds_up_waits_for_a_person(billing: Billing, connection_id: str) -> None:
    def seen() -> tuple[int, int, int]:
        counts = [
            len(list_dispatches(billing.read(), DispatchFilter(attention=wanted), limit=9, after=None).items)
            for wanted in (True, False)
        ]
        return summarise(billing.read()).attention, counts[0], counts[1]

    pause_by(billing, "send")
    assert seen() == (2, 2, 0)
    resume_connection(billing.begin(), connection_id, None, now=billing.clock())
    assert seen() == (0, 0, 2)


def test_resuming_sends_what_waited_at_once(billing: Billing, connection_id: str) -> None:
    pause_by(billing, "send")
    resume_connection(billing.begin(), connection_id, None, now=billing.clock())
    billing.dispatcher().run_once()
    assert [each.state for each in billing.dispatches()] == [DispatchState.ACCEPTED] * 2
    assert len(billing.target.invoices) == 2
    assert pauses_of(billing.read(), [connection_id]) == {}


def test_new_secrets_resume_by_themselves(billing: Billing, connection_id: str) -> None:
    pause_by(billing, "prepare")
    wish = ConnectionWish("Testikirjanpito", {"url": "http://127.0.0.1"}, {"key": "uusi-avain"}, True, True)
    change_connection(billing.begin(), billing.vault, connection_id, None, wish, now=billing.clock())
    billing.dispatcher().run_once()
    assert len(billing.target.invoices) == 2


def test_secrets_that_were_changed_during_the_refused_call_are_tried(billing: Billing, connection_id: str) -> None:
    """On SQLite too: no transaction is open while the target is called."""
    billing.approve(billing.customer())
    wish = ConnectionWish("Testikirjanpito", {"url": "http://127.0.0.1"}, {"key": "uusi-avain"}, True, True)

    def refuse_the_old_one(*_: Any) -> Rejected:
        change_connection(billing.begin(), billing.vault, connection_id, None, wish, now=billing.clock())
        return REFUSED

    billing.target._send = refuse_the_old_one  # type: ignore[assignment]
    billing.dispatcher().run_once()
    del billing.target._send
    assert pauses_of(billing.read(), [connection_id]) == {}
    billing.pass_time(7200)
    billing.dispatcher().run_once()
    assert len(billing.target.invoices) == 1


def test_a_refusal_of_the_document_pauses_nothing(billing: Billing, connection_id: str) -> None:
    billing.approve(billing.customer())
    billing.target.faults = ["rejected"]
    billing.dispatcher().run_once()
    assert billing.the_dispatch().state == DispatchState.REJECTED
    assert pauses_of(billing.read(), [connection_id]) == {}


def test_another_tenant_cannot_resume(billing: Billing, connection_id: str) -> None:
    pause_by(billing, "prepare")
    billing.tenant_id = OTHER_TENANT
    with pytest.raises(NotFound):
        resume_connection(billing.begin(), connection_id, None, now=billing.clock())


def test_the_operator_sees_how_many_are_paused(billing: Billing, connection_id: str) -> None:
    pause_by(billing, "prepare")
    metrics.observe_states(billing.database, billing.clock())
    assert _value(metrics.connections_paused) == 1
    resume_connection(billing.begin(), connection_id, None, now=billing.clock())
    metrics.observe_states(billing.database, billing.clock())
    assert _value(metrics.connections_paused) == 0


def _value(gauge: Any) -> float:
    (metric,) = gauge.collect()
    return float(metric.samples[0].value)


# --- other waits ---


def test_an_open_circuit_is_told_with_its_end(billing: Billing, connection_id: str) -> None:
    billing.approve(billing.customer())
    billing.target.prepare_faults = [NotSent("connection refused", 90)]
    billing.dispatcher().run_once()
    wait = wait_of(billing, billing.the_dispatch())
    assert wait is not None
    assert wait.code == "connection.circuit_open"
    assert wait.until is not None
    assert 0 < (wait.until - billing.clock()).total_seconds() <= 90


def test_a_busy_connection_and_an_inactive_one_are_told(billing: Billing, connection_id: str) -> None:
    billing.approve(billing.customer())
    assert wait_of(billing, billing.the_dispatch()) is None
    leased = sending.acquire(
        billing.database, system_context("test", billing.tenant_id), connection_id, "other", billing.clock(), 60
    )
    assert leased is not None
    assert wait_of(billing, billing.the_dispatch()) == Wait("connection.busy", leased.until)
    wish = ConnectionWish("Testikirjanpito", {"url": "http://127.0.0.1"}, {}, True, False)
    change_connection(billing.begin(), billing.vault, connection_id, None, wish, now=billing.clock())
    assert wait_of(billing, billing.the_dispatch()) == Wait("connection.inactive")


def killed_while_sending(billing: Billing) -> None:
    """A process dies with a document on the wire; another document waits behind it."""
    customer = billing.customer()
    billing.approve(customer)
    billing.approve(customer)

    def die() -> None:
        raise SystemExit

    with armed("dispatch.after_send", die), pytest.raises(SystemExit):
        billing.dispatcher("gone").run_once()
    # A process that is killed does not give its lease back, unlike this one, in which an exception unwinds.
    connection_id = billing.dispatches()[0].connection_id
    context = system_context("test", billing.tenant_id)
    assert sending.acquire(billing.database, context, connection_id, "gone", billing.clock(), 187.5) is not None


def test_a_document_behind_an_interrupted_call_says_so(billing: Billing, connection_id: str) -> None:
    killed_while_sending(billing)
    by_state = {each.state: each for each in billing.dispatches()}
    sending_, waiting = by_state["sending"], by_state["waiting"]
    assert wait_of(billing, sending_) == Wait("dispatch.call_open", sending_.due_at)
    assert wait_of(billing, waiting) == Wait("dispatch.behind_call", sending_.due_at)


# --- taking over ---


def test_who_is_alone_takes_over_at_once_what_a_dead_process_held(billing: Billing, connection_id: str) -> None:
    killed_while_sending(billing)
    billing.dispatcher("new").run_once()
    assert {each.state for each in billing.dispatches()} == {"sending", "waiting"}, "the lease of the dead one holds"

    assert take_over(billing.database, billing.clock()) > 0
    billing.dispatcher("new").run_once()

    assert {each.state for each in billing.dispatches()} == {"unclear", "accepted"}
    for _ in range(4):
        billing.pass_time(200)
        billing.dispatcher("new").run_once()
    assert [each.state for each in billing.dispatches()] == ["accepted"] * 2
    assert len(billing.target.invoices) == 2, "looked up, not sent twice"
    billing.check()


def test_taking_over_nothing_changes_nothing(billing: Billing, connection_id: str) -> None:
    billing.approve(billing.customer())
    assert take_over(billing.database, billing.clock()) == 0
