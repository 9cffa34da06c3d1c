"""Who does what, for whom, in which trace."""

from __future__ import annotations

import threading
from dataclasses import FrozenInstanceError

import pytest

from shared.context import (
    SYSTEM_TENANT,
    Context,
    continue_trace,
    current_context,
    new_traceparent,
    system_context,
    use_context,
)

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def test_a_trace_is_continued_under_a_new_parent() -> None:
    version, trace_id, parent_id, flags = continue_trace(PARENT).split("-")

    assert (version, trace_id, flags) == ("00", TRACE, "01")
    assert parent_id != "b7ad6b7169203331"
    assert len(parent_id) == 16


def test_an_unsampled_trace_stays_unsampled() -> None:
    assert continue_trace(PARENT[:-2] + "00").endswith("-00")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "nonsense",
        PARENT.upper(),
        PARENT + "-extra",
        PARENT + "\n",
        "ff" + PARENT[2:],
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-b7ad6b7169203331-01",
    ],
)
def test_what_is_no_trace_begins_a_new_one(text: str | None) -> None:
    made = continue_trace(text)

    assert TRACE not in made
    assert continue_trace(made).split("-")[1] == made.split("-")[1], "the new one must be valid itself"


def test_new_traces_differ() -> None:
    assert len({new_traceparent() for _ in range(100)}) == 100


def test_the_trace_id_is_the_middle_of_the_traceparent() -> None:
    assert Context("t", "u", traceparent=PARENT).trace_id == TRACE


def test_a_context_cannot_be_changed_and_has_no_permissions_by_itself() -> None:
    context = Context("t", "u")

    assert not context.may("customers.read")
    assert Context("t", "u", permissions=frozenset({"customers.read"})).may("customers.read")
    with pytest.raises(FrozenInstanceError):
        context.tenant_id = "other"  # type: ignore[misc]


def test_the_same_work_for_another_tenant_keeps_its_trace() -> None:
    system = system_context("dispatcher")
    theirs = system.for_tenant("t")

    assert (system.tenant_id, system.actor) == (SYSTEM_TENANT, "system:dispatcher")
    assert (theirs.tenant_id, theirs.actor) == ("t", "system:dispatcher")
    assert theirs.traceparent == system.traceparent
    assert theirs.correlation_id == system.correlation_id


def test_contexts_nest_and_end_also_after_an_error() -> None:
    outer, inner = Context("a", "u"), Context("b", "u")
    with use_context(outer):
        with use_context(inner):
            assert current_context() is inner
        with pytest.raises(ZeroDivisionError), use_context(inner):
            raise ZeroDivisionError
        assert current_context() is outer

    assert current_context() is None


def test_another_thread_does_not_see_the_context() -> None:
    seen: list[Context | None] = []
    with use_context(Context("t", "u")):
        thread = threading.Thread(target=lambda: seen.append(current_context()))
        thread.start()
        thread.join(10)

    assert seen == [None]
