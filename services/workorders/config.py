"""This service's own settings from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.config import BadConfiguration

_COPY_WAIT = "URAKKA_WORKORDERS_COPY_WAIT_S"
_LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """copy_wait_s  how long a request waits for a customer, site or product that is on its way here."""

    copy_wait_s: float = 2.0


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; raises BadConfiguration for what is not a number of seconds from 0 to 30."""
    text = environment.get(_COPY_WAIT, "2")
    try:
        wait_s = float(text)
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s <= _LONGEST_WAIT_S:
        raise BadConfiguration(f"{_COPY_WAIT}: expected seconds from 0 to {_LONGEST_WAIT_S:.0f}")
    return Settings(copy_wait_s=wait_s)
