"""What can come of handing a document to an accounting system: two closed sets of facts.

An `Outcome` answers "what became of this attempt", a `Finding` answers "is the document there already".
The dispatch state machine decides on nothing else; an adapter must squeeze everything that can happen on
the wire into them, narrowly: whatever is not certain is `Unclear`.

Source: accounting systems have no idempotency key, so a repeated POST may make a second invoice; only a
look-up by our own key tells what an unanswered POST did.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Accepted:
    """The target has the document and told its id.

    net, vat, gross  the totals that the target's books show, two decimals, in the document's currency;
                     None where the target
                     does not tell. The caller compares them with our own and stops on a difference.
    """

    target_id: str
    target_number: str | None = None
    net: Decimal | None = None
    vat: Decimal | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A definite, documented refusal; nothing was created and the same bytes will be refused again.

    code     stable, starts with the target's name: "netvisor.period_lock"
    detail   a sentence for a biller, not for a programmer
    pointer  JSON pointer into our document ("/lines/3/unit"), None if the target did not say or the place
             is not known
    """

    code: str
    detail: str
    pointer: str | None = None


_CREDENTIALS = frozenset({"authentication_failed", "not_authenticated"})


def refuses_credentials(outcome: object) -> bool:
    """Say whether the target refused the connection, not the document: `<target>.authentication_failed`.

    No document can be handed over until a person has corrected it.
    """
    return isinstance(outcome, Rejected) and outcome.code.rpartition(".")[2] in _CREDENTIALS


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly nothing was created; the same attempt may be repeated later.

    retry_after_s  seconds the target asked us to wait; None leaves the pause to the caller.
    """

    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """The request may or may not have taken effect; ask the target before anything else."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """The target has a document with exactly our key."""

    target_id: str
    target_number: str | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The target answered and has no document with our key *now*; it may still be working on one."""


@dataclass(frozen=True, slots=True)
class CannotAsk:
    """The question could not be answered; nothing follows from it."""

    reason: str


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """What was done in the target after it had accepted a document, and what is still in the way.

    done     names of the steps that are done, in order.
    problem  why the next step is not done, None if all are. A refusal waits for a person, the others are tried again.
    """

    done: tuple[str, ...] = ()
    problem: Rejected | NotSent | Unclear | None = None

    @property
    def reason(self) -> str | None:
        """Steps and problem as the history tells them."""
        told = [f"done: {', '.join(self.done)}"] if self.done else []
        if self.problem is not None:
            told.append(self.problem.detail if isinstance(self.problem, Rejected) else self.problem.reason)
        return "; ".join(told) or None


Outcome = Accepted | Rejected | NotSent | Unclear
Finding = Found | Absent | CannotAsk
