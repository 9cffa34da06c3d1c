"""Which VAT percentages and statuses the company uses, read from it and kept for a while. Source: sheet §6."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.billing.adapters.faults import Unreadable

KEPT_S: Final = 900.0
"""So long a list is used before it is read again; a document that it would refuse has it read again at once."""

_HOME: Final = ("FINLAND", "FI")


@dataclass(frozen=True, slots=True)
class VatOffer:
    """What the company uses for sales."""

    percentages: frozenset[Decimal]
    statuses: frozenset[int]


class VatShelf:
    """The offers of all connections of this process, by a name that each connection makes; thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offers: dict[str, tuple[float, VatOffer | None]] = {}

    def get(self, name: str) -> tuple[bool, VatOffer | None]:
        """Say whether the connection was asked not long ago, and what it told: None if it tells nothing."""
        with self._lock:
            asked_at, offer = self._offers.get(name, (float("-inf"), None))
        return self._clock() - asked_at < KEPT_S, offer

    def put(self, name: str, offer: VatOffer | None) -> None:
        """Keep what was told now; None: the connection has no right to ask."""
        with self._lock:
            self._offers[name] = (self._clock(), offer)


def offer_of(reply: Any) -> VatOffer:
    """The offer in the answer of GET /vats/default. Raises Unreadable.

    Percentages of other countries count only if there are none of Finland: they need a `vatCountry` on the invoice.
    """
    if not isinstance(reply, dict):
        raise Unreadable("the list of VAT percentages is not in Procountor's form")
    countries = list(_objects(reply.get("vatInformation")))
    home = [each for each in countries if each.get("country") in _HOME] or countries
    percentages = frozenset(
        Decimal(percent["vatPercent"])
        for country in home
        for percent in _objects(country.get("percentages"))
        if percent.get("sales") is not False and _is_number(percent.get("vatPercent"))
    )
    statuses = frozenset(
        int(status["vatStatus"])
        for status in _objects(reply.get("vatStatuses"))
        if status.get("sales") is not False and _is_number(status.get("vatStatus"))
    )
    if not percentages or not statuses:
        raise Unreadable("the list of VAT percentages is not in Procountor's form")
    return VatOffer(percentages, statuses)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
