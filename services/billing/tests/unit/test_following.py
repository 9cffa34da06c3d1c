"""Steps after the acceptance: each once, in order, remembered."""

import pytest

from services.billing.adapters.faults import Busy, Fault, NoAnswer, NothingSent, Refused
from services.billing.adapters.following import run_steps
from services.billing.domain.outcomes import FollowedUp, NotSent, Rejected, Unclear
from services.billing.tests.targets import MemoryLinks


class Steps:
    """Three steps that say when they are done; `faults`: by name, each once."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.faults: dict[str, Fault] = {}

    def run(self, links: MemoryLinks) -> FollowedUp:
        return run_steps("URK-1", links, [(name, lambda name=name: self._do(name)) for name in ("a", "b", "c")])

    def _do(self, name: str) -> None:
        if name in self.faults:
            raise self.faults.pop(name)
        self.done.append(name)


def test_all_steps_are_done_in_order_and_not_again() -> None:
    steps, links = Steps(), MemoryLinks()
    assert steps.run(links) == FollowedUp(("a", "b", "c"))
    assert steps.run(links) == FollowedUp(("a", "b", "c"))
    assert steps.done == ["a", "b", "c"]


def test_what_is_remembered_of_one_document_says_nothing_of_another() -> None:
    steps, links = Steps(), MemoryLinks()
    steps.run(links)
    other = run_steps("URK-2", links, [("a", lambda: steps.done.append("of another"))])
    assert (other, steps.done[-1]) == (FollowedUp(("a",)), "of another")


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Refused("x.no", "no"), Rejected("x.no", "no")),
        (Busy("wait", 7), NotSent("wait", 7)),
        (NothingSent("nobody"), NotSent("nobody")),
        (NoAnswer("lost"), Unclear("lost")),
    ],
)
def test_a_step_that_fails_ends_it_and_is_gone_on_with(fault: Fault, problem: Rejected | NotSent | Unclear) -> None:
    steps, links = Steps(), MemoryLinks()
    steps.faults["b"] = fault
    assert steps.run(links) == FollowedUp(("a",), problem)
    assert steps.done == ["a"]
    assert steps.run(links) == FollowedUp(("a", "b", "c"))
    assert steps.done == ["a", "b", "c"]


def test_the_history_reads_what_is_done_and_what_is_in_the_way() -> None:
    assert FollowedUp().reason is None
    assert FollowedUp(("a", "b")).reason == "done: a, b"
    assert FollowedUp(("a",), Rejected("x.no", "not today")).reason == "done: a; not today"
    assert FollowedUp((), Unclear("lost")).reason == "lost"
