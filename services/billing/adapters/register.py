"""Finding or making a customer or product in the target, without ever making it twice."""

from collections.abc import Callable
from dataclasses import dataclass

from services.billing.adapters.faults import Fault, Refused, outcome_of_read, outcome_of_write
from services.billing.domain.outcomes import NotSent, Rejected, Unclear
from services.billing.domain.target import LinkStore


class Stop(Exception):
    """Ends `prepare` early with an outcome."""

    def __init__(self, outcome: Rejected | NotSent | Unclear) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that must exist in the target.

    kind        "customer" or "product"
    key         customer number or product code
    matched_by  what `look_up` compares, for the link: "customer_number" or "product_code"
    look_up     returns the target's id of the one with exactly this key, or None; raises Fault
    create      returns the new id; raises Fault
    pointer     where the key stands in our document
    """

    kind: str
    key: str
    matched_by: str
    look_up: Callable[[], str | None]
    create: Callable[[], str]
    pointer: str


def ensure(entry: Entry, links: LinkStore) -> str:
    """The target's id of the entry: from the links, else looked up, else created.

    Always looks before it creates, so that a creation whose answer was lost is found by the next attempt;
    after such a creation it looks once more at once. Raises Stop.
    """
    known = links.get(entry.kind, entry.key)
    if known is not None:
        return known
    found = _look_up(entry)
    if found is None:
        try:
            created = entry.create()
        except Fault as fault:
            found = _after_failed_creation(entry, fault)
        else:
            links.put(entry.kind, entry.key, created, "created")
            return created
    links.put(entry.kind, entry.key, found, entry.matched_by)
    return found


def _look_up(entry: Entry) -> str | None:
    try:
        return entry.look_up()
    except Fault as fault:
        raise Stop(outcome_of_read(fault)) from None


def _after_failed_creation(entry: Entry, fault: Fault) -> str:
    outcome = outcome_of_write(fault)
    if isinstance(outcome, Unclear) or (isinstance(fault, Refused) and fault.exists):
        try:
            found = entry.look_up()
        except Fault:
            found = None
        if found is not None:
            return found
    if isinstance(outcome, Rejected):
        outcome = Rejected(outcome.code, outcome.detail, outcome.pointer or entry.pointer)
    if isinstance(outcome, Unclear):
        outcome = Unclear(f"It is not known whether the {entry.kind} {entry.key} was created: {outcome.reason}.")
    raise Stop(outcome)
