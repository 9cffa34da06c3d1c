"""Raw requests and answers are kept for a while; the history for good."""

from datetime import timedelta

from sqlalchemy import func, select

from services.billing.app.traces import forget_traces
from services.billing.models import AttemptTrace, DispatchAttempt
from services.billing.tests.integration.conftest import Billing
from shared.clock import utc_now


def counts(billing: Billing) -> tuple[int, int]:
    with billing.read() as uow:
        traces, attempts = (
            uow.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (AttemptTrace, DispatchAttempt)
        )
        return traces, attempts


def test_what_is_older_goes_and_the_history_stays(billing: Billing) -> None:
    billing.connect()
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    assert counts(billing) == (1, 1)

    assert forget_traces(billing.database, utc_now() - timedelta(days=1)) == 0
    assert counts(billing) == (1, 1)

    assert forget_traces(billing.database, utc_now() + timedelta(seconds=1)) == 1
    assert counts(billing) == (0, 1)
