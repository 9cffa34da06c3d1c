"""Customers and products in the target: found, made once, and kept up to date with what changes on our side."""

from dataclasses import dataclass, field, replace

import pytest

from services.billing.adapters.faults import Busy, Fault, NoAnswer, Refused
from services.billing.adapters.register import Entry, Stop, ensure
from services.billing.domain.outcomes import NotSent, Rejected
from services.billing.tests.targets import MemoryLinks


@dataclass
class Register:
    """A register of one target: key → id; updates in order."""

    known: dict[str, str] = field(default_factory=dict)
    updates: list[str] = field(default_factory=list)
    fault: Fault | None = None

    def create(self) -> str:
        self.known["1042"] = "7"
        return "7"

    def update(self, target_id: str) -> None:
        self.updates.append(target_id)
        if self.fault is not None:
            raise self.fault


def entry(register: Register, content: bytes = b"a") -> Entry:
    return Entry(
        kind="customer",
        key="1042",
        matched_by="customer_number",
        look_up=lambda: register.known.get("1042"),
        create=register.create,
        pointer="/payer",
        content=content,
        update=register.update,
    )


@pytest.mark.parametrize("known", [{}, {"1042": "7"}])
def test_only_what_changed_since_is_told_again_and_once(known: dict[str, str]) -> None:
    register, links = Register(known), MemoryLinks()
    for content in (b"a", b"a", b"b", b"b", b"a"):
        assert ensure(entry(register, content), links) == "7"
    assert register.updates == ["7", "7"]


def test_a_link_of_old_is_not_overwritten_until_our_side_changes() -> None:
    register, links = Register(), MemoryLinks({("customer", "1042"): ("9", "created")})
    ensure(entry(register, b"a"), links)
    assert register.updates == []
    ensure(entry(register, b"b"), links)
    assert register.updates == ["9"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Refused("x.no", "No."), Rejected("x.no", "No.", "/payer")),
        (Busy("later", 7), NotSent("later", 7)),
        (NoAnswer("lost"), NotSent("lost")),
    ],
)
def test_an_update_that_fails_ends_the_attempt_and_is_made_again(fault: Fault, outcome: Rejected | NotSent) -> None:
    register, links = Register(), MemoryLinks()
    ensure(entry(register), links)
    register.fault = fault
    with pytest.raises(Stop) as stop:
        ensure(entry(register, b"b"), links)
    assert stop.value.outcome == outcome
    register.fault = None
    ensure(entry(register, b"b"), links)
    assert register.updates == ["7", "7"]


def test_without_a_wish_to_update_nothing_is_kept() -> None:
    register, links = Register(), MemoryLinks()
    ensure(replace(entry(register), update=None), links)
    assert list(links.links) == [("customer", "1042")]


def test_a_dry_run_updates_nothing() -> None:
    register, links = Register(), MemoryLinks()
    ensure(entry(register), links)
    links.rehearses = True  # type: ignore[attr-defined]
    before = dict(links.links)
    ensure(entry(register, b"b"), links)
    assert (register.updates, links.links) == ([], before)
