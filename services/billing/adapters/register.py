"""Finding or making a customer or product in the target, without ever making it twice."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from services.billing.adapters.faults import Fault, Refused, outcome_of_read, outcome_of_write
from services.billing.domain.outcomes import NotSent, Rejected, Unclear
from services.billing.domain.target import LinkStore, is_rehearsal


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
    content     what of it we keep up to date in the target, as bytes that differ when it does; None: nothing
    update      writes that to the one with the given id; asked only when `content` differs from what the target was
                last told. It may be repeated. Raises Fault
    """

    kind: str
    key: str
    matched_by: str
    look_up: Callable[[], str | None]
    create: Callable[[], str]
    pointer: str
    content: bytes | None = None
    update: Callable[[str], None] | None = None


def ensure(entry: Entry, links: LinkStore) -> str:
    """The target's id of the entry: from the links, else looked up, else created.

    Always looks before it creates, so that a creation whose answer was lost is found by the next attempt;
    after such a creation it looks once more at once. What has changed on our side since is updated. Raises Stop.
    """
    known = links.get(entry.kind, entry.key)
    if known is not None:
        _keep_up(entry, known, links)
        return known
    found = _look_up(entry)
    if found is None:
        try:
            created = entry.create()
        except Fault as fault:
            found = _after_failed_creation(entry, fault)
        else:
            links.put(entry.kind, entry.key, created, "created")
            _remember(entry, links)
            return created
    links.put(entry.kind, entry.key, found, entry.matched_by)
    _keep_up(entry, found, links)
    return found


def _keep_up(entry: Entry, target_id: str, links: LinkStore) -> None:
    """Update what changed on our side since the target was last told.

    What was there before us, or before we kept a hash, is left as it is until our side changes: people maintain it.
    """
    if entry.content is None or entry.update is None or is_rehearsal(links):
        return
    told = links.get(_sent(entry), entry.key)
    if told is not None and told != _hash(entry):
        try:
            entry.update(target_id)
        except Fault as fault:
            outcome = outcome_of_read(fault)  # it makes nothing, so whatever happened it may be repeated
            if isinstance(outcome, Rejected):
                outcome = Rejected(outcome.code, outcome.detail, outcome.pointer or entry.pointer)
            raise Stop(outcome) from None
    if told != _hash(entry):
        _remember(entry, links)


def _remember(entry: Entry, links: LinkStore) -> None:
    if entry.content is not None and entry.update is not None:
        links.put(_sent(entry), entry.key, _hash(entry), "sent")


def _sent(entry: Entry) -> str:
    """The kind under which the hash of what the target was last told stands beside the link."""
    return f"{entry.kind}_sent"


def _hash(entry: Entry) -> str:
    return hashlib.sha256(entry.content or b"").hexdigest()


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
