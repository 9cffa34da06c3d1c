"""No operation on a target takes longer than its limit, however many calls it makes."""

import time

import pytest

from services.billing.adapters.deadline import remaining_s, time_limit
from services.billing.adapters.faults import NoAnswer, NothingSent
from services.billing.adapters.registry import TARGETS
from services.billing.adapters.transport import Transport
from services.billing.domain.target import LONGEST_CALL_S
from services.billing.tests.targets import fault_server, hang, http_reply, trickle


def test_an_inner_limit_cannot_stretch_an_outer_one() -> None:
    with time_limit(1):
        with time_limit(60):
            assert remaining_s() <= 1
        with time_limit(0):
            assert remaining_s() == 0
        assert 0 < remaining_s() <= 1
    assert remaining_s() == float("inf")


@pytest.mark.parametrize("reply", [hang, trickle], ids=["hang", "trickle"])
def test_a_call_ends_with_the_limit_and_not_with_its_own_time_out(reply: object) -> None:
    with fault_server(reply) as server:  # type: ignore[arg-type]
        started = time.monotonic()
        with time_limit(0.3), pytest.raises(NoAnswer):
            Transport(5, 5).call("GET", server.url, {})
        assert time.monotonic() - started < 3


def test_a_write_with_too_little_time_left_is_not_begun() -> None:
    with fault_server(http_reply(b"")) as server:
        with time_limit(1), pytest.raises(NothingSent):
            Transport(5, 5).call("POST", server.url, {}, b"x")
        assert server.requests == []


OVER_HTTP = sorted(name for name, kind in TARGETS.items() if "read_timeout_s" in kind.settings().fields)


@pytest.mark.parametrize("name", OVER_HTTP)
def test_the_longest_settings_stay_below_the_promised_limit(name: str) -> None:
    fields = TARGETS[name].settings().fields
    longest = [
        max(v.max for v in fields[f].validators if hasattr(v, "max")) for f in ("connect_timeout_s", "read_timeout_s")
    ]
    reading_back_s = 5
    assert Transport(*longest).longest_s + reading_back_s <= LONGEST_CALL_S
