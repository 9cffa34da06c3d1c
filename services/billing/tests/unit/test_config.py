"""The dispatcher's settings from the environment."""

import pytest

from services.billing.config import dispatcher_settings, trace_days
from shared.config import BadConfiguration


def test_production_needs_no_variables() -> None:
    settings = dispatcher_settings({})
    assert (settings.policy.first_look_s, settings.policy.looks) == (130.0, 2)


def test_a_demo_looks_sooner() -> None:
    settings = dispatcher_settings(
        {
            "URAKKA_DISPATCH_FIRST_LOOK_S": "0.5",
            "URAKKA_DISPATCH_LOOK_PAUSE_S": "0.2",
            "URAKKA_DISPATCH_LEASE_S": "3",
            "URAKKA_DISPATCH_RETRY_S": "0.5",
        }
    )
    assert (settings.policy.first_look_s, settings.policy.look_pause_s, settings.policy.lease_s) == (0.5, 0.2, 3)
    assert settings.policy.retry_delays_s[:2] == (0.5, 3.0)


def test_traces_are_kept_for_more_than_a_year_unless_told_otherwise() -> None:
    assert trace_days({}) == 400
    assert trace_days({"URAKKA_TRACE_DAYS": "30"}) == 30


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "soon", "36501"])
def test_nonsense_days_are_refused(text: str) -> None:
    with pytest.raises(BadConfiguration, match="URAKKA_TRACE_DAYS"):
        trace_days({"URAKKA_TRACE_DAYS": text})


@pytest.mark.parametrize("text", ["soon", "0", "-1", "1e9", "nan"])
def test_nonsense_is_refused_by_the_name_of_the_variable(text: str) -> None:
    with pytest.raises(BadConfiguration, match="URAKKA_DISPATCH_LEASE_S"):
        dispatcher_settings({"URAKKA_DISPATCH_LEASE_S": text})
