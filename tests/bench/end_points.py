"""How long one call of an API takes, on a large register and on a tenth of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.testing.service import Caller

_WARM_UP: Final = 3


@dataclass(frozen=True, slots=True)
class EndPoint:
    """An end point with its slow call. large_ms, tenth_ms  the 95th percentile on the whole register and on a tenth."""

    name: str
    large_ms: float
    tenth_ms: float

    @property
    def ratio(self) -> float:
        """How much slower the large register is."""
        return self.large_ms / self.tenth_ms


def measure_calls(name: str, sides: Sequence[tuple[Caller, Mapping[str, str]]], calls: int) -> EndPoint:
    """Ask both sides in turn, so that a busy machine slows both; each side is a caller and its path by name."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(_WARM_UP + calls):
        for (caller, paths), found in zip(sides, taken, strict=True):
            started = time.perf_counter()
            answer = caller.get(paths[name])
            if number >= _WARM_UP:
                found.append(1000 * (time.perf_counter() - started))
            assert answer.status_code == 200, (name, answer.json)
            assert answer.json.get("items", True), f"{name} found nothing: the figure would mean nothing"
    large, tenth = (_at_95(found) for found in taken)
    return EndPoint(name, large, tenth)


def _at_95(found: list[float]) -> float:
    return sorted(found)[min(len(found) - 1, int(0.95 * len(found)))]
