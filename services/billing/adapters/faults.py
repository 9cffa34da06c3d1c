"""What can go wrong on the way to an accounting system, and what follows from it.

Clients raise these five and nothing else; here is the one place that turns them into outcomes. The
difference that matters is whether the request may have taken effect (messaging design: "map outcomes
narrowly").

No fault carries a secret, an address or a library's message: libraries put headers and URLs into theirs.
"""

from services.billing.adapters.secret import Secret, without_secrets
from services.billing.domain.outcomes import NotSent, Rejected, Unclear
from services.billing.domain.target import ConnectionProblem


class Fault(Exception):
    """Base of everything a client raises. `reason` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NothingSent(Fault):
    """No byte of the request left: no address, no connection, no TLS."""


class NoAnswer(Fault):
    """The request went out, at least partly, and no whole answer came back."""


class Unreadable(Fault):
    """An answer came that is neither a documented success nor a documented refusal."""


class Busy(Fault):
    """The target did not take the request because of too many requests.

    Retry_after_s in seconds if it said so.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Refused(Fault):
    """A documented refusal: nothing was created.

    code     as in Rejected.code
    pointer  JSON pointer into our document, if the place is known
    exists   True if the refusal means "there is one with this key already"
    """

    def __init__(self, code: str, reason: str, pointer: str | None = None, *, exists: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.pointer = pointer
        self.exists = exists


def outcome_of_write(fault: Fault) -> Rejected | NotSent | Unclear:
    """What is known after a request that creates something: unclear, unless certain."""
    match fault:
        case NothingSent():
            return NotSent(fault.reason)
        case Busy():
            return NotSent(fault.reason, fault.retry_after_s)
        case Refused():
            return Rejected(fault.code, fault.reason, fault.pointer)
        case _:
            return Unclear(fault.reason)


def outcome_of_read(fault: Fault) -> Rejected | NotSent:
    """What is known after a request that only reads: nothing was created, whatever happened."""
    match fault:
        case Busy():
            return NotSent(fault.reason, fault.retry_after_s)
        case Refused():
            return Rejected(fault.code, fault.reason, fault.pointer)
        case _:
            return NotSent(fault.reason)


def connection_problem(fault: Fault, *secrets: Secret) -> ConnectionProblem:
    """What a fault of a connection test tells a biller; secrets that its words may repeat are masked."""
    match fault:
        case Refused():
            reason = fault.code
        case NothingSent():
            reason = "connection.not_reached"
        case NoAnswer():
            reason = "connection.no_answer"
        case Busy():
            reason = "connection.asks_for_pause"
        case _:
            reason = "connection.strange_answer"
    return ConnectionProblem(without_secrets(fault.reason, *secrets), reason=reason)
