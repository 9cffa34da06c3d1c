"""The service's own settings."""

from __future__ import annotations

import pytest

from services.workorders.config import read_settings
from shared.config import BadConfiguration


def test_a_request_waits_two_seconds_unless_told_otherwise() -> None:
    assert read_settings({}).copy_wait_s == 2.0
    assert read_settings({"URAKKA_WORKORDERS_COPY_WAIT_S": "0.5"}).copy_wait_s == 0.5


@pytest.mark.parametrize("text", ["soon", "-1", "31", "nan"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration, match="URAKKA_WORKORDERS_COPY_WAIT_S"):
        read_settings({"URAKKA_WORKORDERS_COPY_WAIT_S": text})
