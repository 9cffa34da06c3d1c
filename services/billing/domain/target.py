"""The port to an accounting system, in the words of the domain.

It lives below both sides, because use cases call it and adapters implement it;
`services.billing.app.ports` is where use cases import it from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from services.billing.domain.document import Document
from services.billing.domain.outcomes import Accepted, CannotAsk, Finding, FollowedUp, NotSent, Rejected, Unclear
from services.billing.domain.payments import PaymentStatus
from services.billing.domain.preflight import Problem
from shared.errors import RuleBroken

LONGEST_CALL_S: Final = 140.0
"""No call of a target takes longer, whatever the settings (turn 5, connection 10, answer 120, reading back 5).

The lease of a dispatch must be longer.
"""


class ConnectionProblem(RuleBroken):
    """A connection to an accounting system does not work; `detail` tells a biller what to correct.

    Never holds a secret.
    """

    code = "connection.problem"
    title = "The connection to the accounting system does not work"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document in the target's own format, ready for exactly one POST.

    payload       the exact bytes of the request body; their hash is recorded before they are sent
    document_key  our stable key of the document, which the payload carries too
    """

    payload: bytes
    document_key: str


class LinkStore(Protocol):
    """What is known of the target's identifiers, per connection.

    kind     "customer" or "product"; besides them what adapters remember, such as "customer_sent" and "follow_up"
    our_key  customer number, product code (the product's own in the target, if it has one), or a document's key
    """

    def get(self, kind: str, our_key: str) -> str | None:
        """The target's id, or None."""

    def put(self, kind: str, our_key: str, target_id: str, matched_by: str) -> None:
        """Remember (or replace) a link; matched_by is "customer_number", "product_code" or "created"."""


def is_rehearsal(links: LinkStore) -> bool:
    """Say whether the links belong to a dry run: then nothing outside may be asked or changed."""
    return getattr(links, "rehearses", False) is True


class AccountingTarget(Protocol):
    """One connection to one company's books.

    Nothing here retries a write, and nothing raises for what the target or the network does: that is what
    the outcomes are for. Every call returns within LONGEST_CALL_S. HTTP calls of one object run one at a time,
    whatever the threads.
    """

    @property
    def name(self) -> str:
        """ "netvisor", "procountor", …"""

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Make the payload, after seeing to it that payer and products exist in the target.

        They are looked up by customer number and product code, never by name, and created where missing.
        May call the target; never creates an invoice, so every outcome may be tried again. After Unclear wait as
        long as after an unclear `send`, so that the target has ended what it is doing and the next look-up
        sees it. Same document and links → same bytes.
        """

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """One POST of the payload, and only one."""

    def find(self, document_key: str, document: Document) -> Finding:
        """Ask whether the target has the document with exactly this key."""

    def check(self) -> None:
        """Prove address, credentials and rights by a harmless read. Raises ConnectionProblem."""


@runtime_checkable
class ForeseesProblems(Protocol):
    """What a target may offer besides: saying before anything is sent what it would refuse."""

    def preflight(self, document: Document) -> Sequence[Problem]:
        """Return everything that is known to be wrong with the document, all at once; () if nothing.

        Asks nobody and stores nothing: it is called inside a transaction, for every document of a batch. What
        `prepare` would refuse by itself must be among it.
        """


@runtime_checkable
class TellsStatus(Protocol):
    """What a target may offer besides: saying how far a document is paid."""

    def status(self, document_key: str, target_id: str) -> PaymentStatus | CannotAsk:
        """Read what the books show of a document that was accepted as `target_id`.

        Only reads, within LONGEST_CALL_S. The state is `unknown` if that document does not carry our key: a person
        may have named another one. CannotAsk if the target did not answer.
        """


@dataclass(frozen=True, slots=True)
class TargetIds:
    """By what the target knows a document: its id, and the number that the buyer sees if it told one."""

    target_id: str
    target_number: str | None = None


@runtime_checkable
class FollowsUp(Protocol):
    """What a target may offer besides: doing something about a document after it was accepted.

    The document stays accepted whatever becomes of it: nothing here may create a document.
    """

    def follow_ups(self, document: Document) -> Sequence[str]:
        """Name the steps that an accepted document of this kind needs, in order; () if none. Asks nobody."""

    def follow_up(self, document: Document, ids: TargetIds, links: LinkStore) -> FollowedUp:
        """Do what is not done yet, within LONGEST_CALL_S.

        It is called again until no problem is left, also after a process died in the middle: each step must look
        first whether the target shows it done. `services.billing.adapters.following.run_steps` remembers done ones.
        """
