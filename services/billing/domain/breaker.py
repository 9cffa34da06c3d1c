"""The circuit breaker of a connection: while a target is down, its documents wait and use up no attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """failures: so many in a row open it. pause_s: how long it stays open; doubles up to longest_s."""

    failures: int = 3
    pause_s: float = 15.0
    longest_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """failures: attempts in a row that did not reach the target. open_until: nothing is tried before then."""

    failures: int = 0
    open_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Say whether nothing may be tried `now`. After the pause one attempt decides how it goes on."""
        return self.open_until is not None and now < self.open_until


CLOSED = Breaker()


def after_failure(
    breaker: Breaker, now: datetime, policy: BreakerPolicy, retry_after_s: float | None = None
) -> Breaker:
    """Return the breaker after an attempt that certainly sent nothing because the target was not there.

    retry_after_s  a pause the target itself asked for, in seconds; it is kept even before the breaker would
                   open.
    """
    failures = breaker.failures + 1
    pause_s = retry_after_s or 0.0
    if failures >= policy.failures:
        doublings = min(failures - policy.failures, 16)
        pause_s = max(pause_s, min(policy.pause_s * 2**doublings, policy.longest_s))
    return Breaker(failures, now + timedelta(seconds=pause_s) if pause_s else None)
