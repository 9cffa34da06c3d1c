"""Public holidays of Finland, computed (domain.md §2.6)."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Protocol

import holidays

_EVES = frozenset({"Midsummer Eve", "Christmas Eve"})


class Calendar(Protocol):
    """Knows which days are holidays."""

    def is_holiday(self, day: date, *, eves: bool = True) -> bool:
        """Say whether `day` is a public holiday; `eves`: Midsummer Eve and Christmas Eve count as such."""
        ...


class FinnishCalendar:
    """1.1., 6.1., Good Friday, Easter, 1.5., Ascension Day, Whit Sunday, Midsummer, All Saints' Day, 6.12., Christmas.

    The library names both eves among the holidays; by law they are none, so they are held apart.
    """

    def is_holiday(self, day: date, *, eves: bool = True) -> bool:
        """See `Calendar.is_holiday`."""
        name = _of_year(day.year).get(day)
        return name is not None and (eves or name not in _EVES)


@cache
def _of_year(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("FI", years=year, language="en_US").items())


FINLAND = FinnishCalendar()
