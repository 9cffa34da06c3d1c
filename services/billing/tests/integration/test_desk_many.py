"""The desk with many dispatches: counts, bulk retries, another connection, reasons in the caller's language."""

import pytest

from services.billing.app import bulk, desk, explaining, redirecting, reversals, summary
from services.billing.app.connections import ConnectionWish, create_connection
from services.billing.app.reversals import ReversalWish
from services.billing.domain.errors import ForbiddenDispatchStep, NoConnection
from services.billing.tests.integration.conftest import Billing
from shared.db.database import Creation
from shared.errors import VersionMismatch
from shared.ids import new_id


def second_connection(billing: Billing) -> str:
    wish = ConnectionWish("Toinen", {"url": "http://127.0.0.1"}, {"key": "salaisuus"}, False, True)
    return create_connection(
        billing.begin(), billing.vault, Creation("connection", None, "", new_id()), "fake", wish
    ).id


def three_rejected_and_one_unclear(billing: Billing) -> None:
    billing.connect()
    billing.target.faults = ["rejected"] * 3 + ["timeout_before_save"]
    for _ in range(5):
        billing.approve(billing.customer())
    billing.dispatcher().run_once()


def test_the_summary_counts_states_reasons_and_ages(billing: Billing) -> None:
    three_rejected_and_one_unclear(billing)
    found = summary.summarise(billing.read())
    assert {each.key["state"]: each.count for each in found.states} == {"rejected": 3, "unclear": 1, "accepted": 1}
    assert [(each.key["error_code"], each.count) for each in found.reasons] == [("fake.period_lock", 3)]
    assert {(each.key["target"], each.key["state"], each.count) for each in found.targets} == {
        ("fake", "rejected", 3),
        ("fake", "unclear", 1),
    }
    assert (found.attention, found.differing) == (3, 0)
    dispatches = billing.dispatches()
    assert found.oldest_at == min(each.created_at for each in dispatches if each.state != "accepted")
    assert found.oldest_unclear_at == next(each.unclear_since for each in dispatches if each.state == "unclear")


def test_totals_that_differ_are_counted_and_found(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    billing.target.gross_shown = billing.documents()[0].gross + 1
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    assert summary.summarise(billing.read()).differing == 1
    wanted = desk.DispatchFilter(differs=True)
    (found,) = desk.list_dispatches(billing.read(), wanted, limit=10, after=None).items
    told = explaining.explanation_of(found, "en")
    assert told is not None
    assert (told.code, told.owner) == ("dispatch.totals_differ", "target")


def test_all_of_a_reason_are_tried_again_at_once(billing: Billing) -> None:
    three_rejected_and_one_unclear(billing)
    told = bulk.retry_reason(billing.begin, "fake.period_lock", None, now=billing.clock())
    assert (len(told.retried), told.refused, told.left) == (3, [], 0)
    billing.dispatcher().run_once()
    assert [each.state for each in billing.dispatches()].count("accepted") == 4
    assert bulk.retry_reason(billing.begin, "fake.period_lock", None, now=billing.clock()).retried == []


def test_one_that_cannot_be_tried_again_stops_no_other(billing: Billing) -> None:
    three_rejected_and_one_unclear(billing)
    wanted = [each.id for each in billing.dispatches()]
    told = bulk.retry_many(billing.begin, [new_id(), *wanted], now=billing.clock())
    assert len(told.retried) == 4
    assert sorted(each.code for each in told.refused) == ["dispatch.forbidden_step", "not_found"]


@pytest.mark.parametrize(("name", "count"), [("target", 5), ("reason", 3), ("customer_id", 1)])
def test_the_desk_filters(billing: Billing, name: str, count: int) -> None:
    three_rejected_and_one_unclear(billing)
    values = {"target": "fake", "reason": "fake.period_lock", "customer_id": billing.documents()[0].payer_id}
    wanted = desk.DispatchFilter(**{name: values[name]})  # type: ignore[arg-type]
    assert len(desk.list_dispatches(billing.read(), wanted, limit=10, after=None).items) == count


def test_a_rejected_document_goes_over_another_connection(billing: Billing) -> None:
    first = billing.connect()
    second = second_connection(billing)
    billing.target.faults = ["rejected"]
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    (dispatch,) = billing.dispatches()
    with pytest.raises(VersionMismatch):
        redirecting.redirect_dispatch(billing.begin(), dispatch.id, 1, second, now=billing.clock())
    view = redirecting.redirect_dispatch(billing.begin(), dispatch.id, None, second, now=billing.clock())
    assert (view.dispatch.connection_id, view.dispatch.state) == (second, "waiting")
    billing.check()
    billing.pass_time(1)
    billing.dispatcher().run_once()
    states = {each.connection_id: each.state for each in billing.dispatches()}
    assert states == {first: "skipped", second: "accepted"}
    assert len(billing.target.invoices) == 1
    assert billing.rows()[0].state == "transferred"
    billing.check()


def test_a_document_comes_back_to_the_first_connection(billing: Billing) -> None:
    first = billing.connect()
    second = second_connection(billing)
    billing.target.faults = ["rejected", "rejected"]
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    there = redirecting.redirect_dispatch(billing.begin(), billing.the_dispatch().id, None, second, now=billing.clock())
    billing.pass_time(1)
    billing.dispatcher().run_once()
    back = redirecting.redirect_dispatch(billing.begin(), there.dispatch.id, None, first, now=billing.clock())
    assert (back.dispatch.connection_id, back.dispatch.state) == (first, "waiting")
    billing.dispatcher().run_once()
    assert {each.connection_id: each.state for each in billing.dispatches()} == {first: "accepted", second: "skipped"}
    billing.check()


def test_what_may_be_in_the_first_target_stays_there(billing: Billing) -> None:
    billing.connect()
    second = second_connection(billing)
    billing.target.faults = ["timeout_after_save"]
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    dispatch_id = billing.the_dispatch().id
    with pytest.raises(ForbiddenDispatchStep):
        redirecting.redirect_dispatch(billing.begin(), dispatch_id, None, second, now=billing.clock())
    with pytest.raises(NoConnection):
        redirecting.redirect_dispatch(billing.begin(), dispatch_id, None, new_id(), now=billing.clock())


def test_a_credit_is_not_sent_elsewhere(billing: Billing) -> None:
    billing.connect()
    second = second_connection(billing)
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    creation = Creation("reversal", None, "", new_id())
    credit = reversals.reverse_document(
        billing.begin(), creation, billing.documents()[0].id, None, ReversalWish("Väärin"), now=billing.clock()
    )
    with pytest.raises(ForbiddenDispatchStep):
        redirecting.redirect_dispatch(billing.begin(), credit.dispatches[0].id, None, second, now=billing.clock())
