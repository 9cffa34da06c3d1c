"""What a target wants done after it accepted a document: visible, tried again, and never a second document."""

import pytest
from sqlalchemy import select

from services.billing.app import bulk, desk, explaining, summary
from services.billing.domain.dispatch import TakenAsSent
from services.billing.domain.errors import ForbiddenDispatchStep
from services.billing.domain.outcomes import NotSent, Rejected, Unclear
from services.billing.models import DispatchAttempt
from services.billing.tests.integration.conftest import Billing


class Died(BaseException):
    """The process is gone."""


def history(billing: Billing) -> list[tuple[str, str | None, str | None]]:
    with billing.read() as uow:
        rows = uow.session.scalars(select(DispatchAttempt).order_by(DispatchAttempt.id))
        return [(row.kind, row.outcome, row.detail) for row in rows]


@pytest.fixture
def sent(billing: Billing) -> Billing:
    """One document, ready to be sent to a target that wants it matched afterwards."""
    billing.connect()
    billing.target.steps = ("match",)
    billing.approve(billing.customer())
    return billing


def test_it_is_done_once_right_after_the_acceptance(sent: Billing) -> None:
    sent.dispatcher().run_once()
    dispatch = sent.the_dispatch()
    assert (dispatch.state, dispatch.due_at, dispatch.follow_up) == ("accepted", None, None)
    assert sent.target.followed == ["i1"]
    assert history(sent) == [("send", "Accepted", None), ("follow_up", "FollowedUp", "done: match")]
    sent.pass_time(10_000)
    assert sent.dispatcher().run_once() == 0
    sent.check()


def test_a_target_that_wants_nothing_is_not_asked(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    assert billing.dispatcher().run_once() == 1
    assert [kind for kind, *_ in history(billing)] == ["send"]


def test_its_failure_shows_and_is_tried_again_while_the_document_stays_accepted(sent: Billing) -> None:
    sent.target.follow_problems = [Unclear("no answer in time"), NotSent("busy")]
    dispatcher = sent.dispatcher()
    dispatcher.run_once()
    waiting = sent.the_dispatch()
    assert (waiting.state, waiting.follow_up, waiting.error_detail) == ("accepted", "waiting", "no answer in time")
    assert explaining.reason_code(waiting) == "dispatch.follow_up_waits"
    assert len(sent.events("document.accepted.v1")) == 1
    assert len(sent.documents("accepted")) == 1
    for _ in range(2):
        sent.pass_time(60)
        dispatcher.run_once()
    done = sent.the_dispatch()
    assert (done.follow_up, done.error_detail, sent.target.followed, sent.target.sends) == (None, None, ["i1"], 1)
    assert len(sent.events("document.accepted.v1")) == 1


@pytest.mark.parametrize("problem", [Rejected("fake.no", "Hyvitystä ei voi kohdistaa."), RuntimeError("a bug")])
def test_a_refusal_calls_a_person_who_may_have_it_tried_again(sent: Billing, problem: Rejected | Exception) -> None:
    sent.target.follow_problems = [problem]
    dispatcher = sent.dispatcher()
    dispatcher.run_once()
    failed = sent.the_dispatch()
    assert (failed.state, failed.follow_up, failed.needs_person) == ("accepted", "failed", True)
    waits = desk.list_dispatches(sent.read(), desk.DispatchFilter(attention=True), limit=10, after=None)
    assert [each.id for each in waits.items] == [failed.id]
    view = desk.retry_dispatch(sent.begin(), failed.id, None, now=sent.clock())
    assert view.dispatch.follow_up == "waiting"
    dispatcher.run_once()
    assert (sent.the_dispatch().follow_up, sent.target.followed, sent.target.sends) == (None, ["i1"], 1)
    with pytest.raises(ForbiddenDispatchStep):
        desk.retry_dispatch(sent.begin(), failed.id, None, now=sent.clock())


def test_all_that_failed_for_a_reason_are_counted_and_tried_again_together(sent: Billing) -> None:
    sent.approve(sent.customer())
    sent.target.follow_problems = [Rejected("netvisor.credit_not_matched", "…"), Rejected("fake.other", "…")]
    dispatcher = sent.dispatcher()
    dispatcher.run_once()
    counted = summary.summarise(sent.read())
    assert [(each.key["error_code"], each.count) for each in counted.reasons] == [
        ("fake.other", 1),
        ("netvisor.credit_not_matched", 1),
    ]
    assert counted.attention == 2
    told = bulk.retry_reason(sent.begin, "netvisor.credit_not_matched", None, now=sent.clock())
    assert (len(told.retried), told.refused) == (1, [])
    dispatcher.run_once()
    assert sorted(str(dispatch.follow_up) for dispatch in sent.dispatches()) == ["None", "failed"]


def test_it_follows_also_when_a_person_or_a_look_found_the_document(sent: Billing) -> None:
    sent.target.faults = ["timeout_after_save"]
    dispatcher = sent.dispatcher()
    dispatcher.run_once()
    assert sent.target.followed == []
    desk.resolve_dispatch(sent.begin(), sent.the_dispatch().id, None, TakenAsSent("i1", "1"), now=sent.clock())
    dispatcher.run_once()
    assert (sent.target.followed, sent.the_dispatch().follow_up) == (["i1"], None)
    sent.approve(sent.customer())
    sent.target.faults = ["timeout_after_save"]
    dispatcher.run_once()
    sent.pass_time(131)
    dispatcher.run_once()
    assert sent.target.followed == ["i1", "i2"]


def test_a_process_that_dies_after_the_acceptance_leaves_it_to_the_next(sent: Billing) -> None:
    sent.target.follow_problems = [KeyError()]

    def dies(*_: object) -> None:
        raise Died

    original, sent.target.follow_up = sent.target.follow_up, dies  # type: ignore[method-assign, assignment]
    with pytest.raises(Died):
        sent.dispatcher("process-1").run_once()
    assert sent.the_dispatch().follow_up == "waiting"
    sent.target.follow_up, sent.target.follow_problems = original, []  # type: ignore[method-assign]
    sent.pass_time(sent.policy.lease_s * 1.3)
    sent.dispatcher("process-2").run_once()
    assert (sent.target.followed, sent.target.sends, len(sent.target.invoices)) == (["i1"], 1, 1)
