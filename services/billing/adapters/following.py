"""Doing things in the target after it accepted a document, each at most once."""

from collections.abc import Callable, Iterable

from services.billing.adapters.faults import Fault, outcome_of_write
from services.billing.domain.outcomes import FollowedUp
from services.billing.domain.target import LinkStore

KIND = "follow_up"
"""Kind of the link that remembers, by the document's key, the names of the steps that are done."""

Step = tuple[str, Callable[[], None]]
"""Name (of the characters a-z and _) and what does it: looks first, raises Fault."""


def run_steps(document_key: str, links: LinkStore, steps: Iterable[Step]) -> FollowedUp:
    """Do the steps in order, skipping those that are remembered as done; the first one that fails ends it.

    A step whose answer was lost is done again: it must look first whether the target shows it done.
    """
    done = tuple((links.get(KIND, document_key) or "").split())
    for name, do in steps:
        if name in done:
            continue
        try:
            do()
        except Fault as fault:
            return FollowedUp(done, outcome_of_write(fault))
        done = (*done, name)
        links.put(KIND, document_key, " ".join(done), "done")
    return FollowedUp(done)
