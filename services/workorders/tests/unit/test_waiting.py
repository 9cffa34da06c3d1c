"""A request that is ahead of the copy it needs waits for it, and not for ever."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.workorders.app.copies import CustomerUnknown, ProductUnknown, once_copies_are_here
from services.workorders.app.refusals import Refusals
from services.workorders.domain.errors import RowRefused
from services.workorders.models import CopyCustomer, CopyProduct
from shared.errors import FieldError


class Reader:
    """Stands in for a unit of work whose queries find what is in `present`."""

    def __init__(self, present: set[str]) -> None:
        self.session = SimpleNamespace(scalars=lambda _statement: iter(present))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class World:
    """A clock that moves by pausing, and a copy that arrives at a moment."""

    def __init__(self, arrives_at_s: float) -> None:
        self.now_s = 0.0
        self.arrives_at_s = arrives_at_s
        self.runs = 0

    @property
    def present(self) -> set[str]:
        return {"c"} if self.now_s >= self.arrives_at_s else set()

    def pause(self, seconds: float) -> None:
        self.now_s += seconds

    def action(self) -> str:
        self.runs += 1
        if not self.present:
            raise CustomerUnknown({"/customer_id": "c"})
        return "made"

    def run(self, wait_s: float) -> str:
        return once_copies_are_here(
            self.action,
            lambda: Reader(self.present),  # type: ignore[arg-type,return-value]
            wait_s=wait_s,
            pause=self.pause,
            clock=lambda: self.now_s,
        )


@pytest.fixture(params=[0.0, 0.05, 1.0])
def arrival_s(request: pytest.FixtureRequest) -> float:
    """When the copy arrives, in seconds."""
    delay_s: float = request.param
    return delay_s


def test_what_arrives_in_time_is_used(arrival_s: float) -> None:
    world = World(arrival_s)
    assert world.run(2.0) == "made"
    assert world.runs == (1 if arrival_s == 0 else 2)
    assert world.now_s < arrival_s + 0.11


def test_what_does_not_arrive_is_refused_after_the_deadline() -> None:
    world = World(arrives_at_s=60)
    with pytest.raises(CustomerUnknown) as caught:
        world.run(2.0)
    assert caught.value.facts["retry_after_s"] == 2
    assert caught.value.errors[0].pointer == "/customer_id"
    assert 2.0 <= world.now_s < 2.2
    assert world.runs == 1


def test_what_is_here_but_not_for_the_caller_is_refused_without_waiting() -> None:
    """As a customer outside the sites that the caller is limited to."""
    world = World(arrives_at_s=0.0)

    def refused() -> str:
        world.runs += 1
        raise CustomerUnknown({"/customer_id": "c"})

    world.action = refused  # type: ignore[method-assign]
    with pytest.raises(CustomerUnknown):
        world.run(2.0)
    assert (world.runs, world.now_s < 0.1) == (2, True)


def test_everything_that_is_missing_is_waited_for_at_once() -> None:
    refusals = Refusals()
    for missing in (CustomerUnknown({"/customer_id": "c"}), ProductUnknown({"/rows/0/product_id": "p"})):
        with refusals.noted():
            raise missing
    with refusals.noted():
        raise RowRefused(errors=[FieldError("/rows/0/quantity", "row.quantity_zero", "")])
    with pytest.raises(CustomerUnknown) as caught:
        refusals.raise_all()
    assert caught.value.missing == {CopyCustomer: {"c"}, CopyProduct: {"p"}}
    assert [error.pointer for error in caught.value.errors] == [
        "/customer_id",
        "/rows/0/product_id",
        "/rows/0/quantity",
    ]
