"""The life of one dispatch: one document on its way into one accounting system.

A table-driven, pure state machine: `step(dispatch, fact) → (dispatch, intents)`. The dispatcher carries out
the intents; it decides nothing itself. What must hold above all: a document is never sent twice because an
answer was lost. So whatever is not certain becomes *unclear*, and an unclear dispatch is looked up before it
is sent again.

    waiting ─► sending ─► accepted
      ▲           ├─────► rejected ── a person ─► waiting | skipped
      │           └─────► unclear ── found ─► accepted
      └── not there, asked often enough ──┘└─ cannot be asked ─► a person

An accepted dispatch stays accepted. Some targets want something done afterwards (a credit matched to its original):
until that is done the accepted dispatch is due, and if it cannot be done a person is called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.billing.domain.errors import ForbiddenDispatchStep
from services.billing.domain.outcomes import (
    Absent,
    Accepted,
    CannotAsk,
    FollowedUp,
    Found,
    NotSent,
    Rejected,
    Unclear,
)


class DispatchState(StrEnum):
    """Where a dispatch is; `reversed` means that a credit document took an accepted one back."""

    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNCLEAR = "unclear"
    SKIPPED = "skipped"
    REVERSED = "reversed"


FINAL = frozenset({DispatchState.ACCEPTED, DispatchState.SKIPPED, DispatchState.REVERSED})
"""States that nothing automatic leaves."""


class Intent(StrEnum):
    """What the step asks to be done, in the same transaction that stores the new state."""

    TRANSFER_ROWS = "transfer_rows"
    RELEASE_ROWS = "release_rows"
    ANNOUNCE_ACCEPTED = "announce_accepted"
    ANNOUNCE_REJECTED = "announce_rejected"
    CALL_A_PERSON = "call_a_person"


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """When to try, look and give up. Times in seconds; counts in attempts.

    first_look_s      pause before the first look at an unclear dispatch: longer than the target may still be
                      working on what it was sent (Netvisor advises clients to wait 120 s).
    look_pause_s      pause between looks.
    looks             "not there" answers that are needed before it is sent again; at least 2.
    failed_asks       looks that may fail in a row before a person must decide.
    retry_delays_s    growing pauses after "certainly not sent"; the last one repeats.
    tries             attempts in all before a person must look (`rejected`, code `target.not_reached`).
    lease_s           how long one attempt may take at most; longer than all time-outs of a call together.
    """

    first_look_s: float = 130.0
    look_pause_s: float = 60.0
    looks: int = 2
    failed_asks: int = 12
    retry_delays_s: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
    tries: int = 30
    lease_s: float = 150.0

    def __post_init__(self) -> None:
        if self.looks < 2:
            raise ValueError("one look is not enough: the target may still be working on the document")
        if self.first_look_s <= 0 or self.look_pause_s <= 0 or self.lease_s <= 0:
            raise ValueError("pauses and the lease must be longer than nothing")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The part of a dispatch that the machine decides on.

    attempts  POSTs of the document so far.
    tries     failures in a row that certainly sent nothing; once accepted, failures of what follows.
    looks     "not there" answers since it became unclear; `failed_asks`: looks in a row without an answer.
    due_at    when something automatic happens next (a try, the end of the lease, a look); None: nothing does.
    resend    it was unclear and is sent again: the bytes must then be the very same.
    """

    state: DispatchState
    due_at: datetime | None
    attempts: int = 0
    tries: int = 0
    looks: int = 0
    failed_asks: int = 0
    resend: bool = False


# --- facts besides the outcomes and findings of services.billing.domain.outcomes ---


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt is on record (key, hash of the bytes): from now on the document may be in the target."""


@dataclass(frozen=True, slots=True)
class LeaseLapsed:
    """Whoever was sending has not come back in time."""


@dataclass(frozen=True, slots=True)
class PayloadChanged:
    """The bytes are not those of the attempt that became unclear: sending them is a person's decision."""


@dataclass(frozen=True, slots=True)
class TakenAsSent:
    """A person saw the document in the target. `target_id` as shown there."""

    target_id: str
    target_number: str | None = None


@dataclass(frozen=True, slots=True)
class TakenAsNotSent:
    """A person made sure that the target does not have the document."""


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """A person wants the next step now."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A person decided that the document is not sent. `reason` in their words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """A person sends the document over another connection instead: `connection_id`. Its rows stay reserved."""

    connection_id: str


@dataclass(frozen=True, slots=True)
class SentHere:
    """A document that had been redirected from here is sent here after all."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """A credit document for it was accepted."""


@dataclass(frozen=True, slots=True)
class Step:
    """The dispatch after a fact, and what is to be done. `rejection` says why it was refused, if it was."""

    dispatch: Dispatch
    intents: tuple[Intent, ...] = ()
    rejection: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a step depends on besides dispatch and fact. `jitter` is a random number in [0, 1).

    follows  the target wants something done after it accepted this document, or nobody here knows.
    """

    now: datetime
    policy: DispatchPolicy
    jitter: float = 0.5
    follows: bool = False


def step(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    """Apply one fact; raises ForbiddenDispatchStep naming state and fact if the table has no such step."""
    try:
        handle = TABLE[(dispatch.state, type(fact))]
    except KeyError:
        name = type(fact).__name__
        raise ForbiddenDispatchStep(
            f"{name} cannot happen to a dispatch in state {dispatch.state}.",
            state=str(dispatch.state),
            fact=name,
            reason=f"dispatch.is_{dispatch.state}",
        ) from None
    return handle(dispatch, fact, circumstances)


def waiting(now: datetime) -> Dispatch:
    """Return a new dispatch, due at once."""
    return Dispatch(DispatchState.WAITING, due_at=now)


@dataclass(frozen=True, slots=True)
class TotalsDifference:
    """The target's books show another total than ours: `field` is net, vat or gross."""

    field: str
    ours: Decimal
    theirs: Decimal


def compare_totals(ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal | None]) -> tuple[TotalsDifference, ...]:
    """Compare totals by name (net, vat, gross); what the target does not tell is not compared."""
    return tuple(
        TotalsDifference(name, amount, told)
        for name, amount in ours.items()
        if (told := theirs.get(name)) is not None and told != amount
    )


# --- the steps ---


def _in(circumstances: Circumstances, seconds: float) -> datetime:
    return circumstances.now + timedelta(seconds=seconds)


def _start(dispatch: Dispatch, fact: Started, circumstances: Circumstances) -> Step:
    lease_end = _in(circumstances, circumstances.policy.lease_s)
    return Step(
        replace(dispatch, state=DispatchState.SENDING, due_at=lease_end, attempts=dispatch.attempts + 1),
    )


def _accept(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    due = circumstances.now if circumstances.follows else None
    accepted = replace(dispatch, state=DispatchState.ACCEPTED, due_at=due, tries=0)
    return Step(accepted, (Intent.TRANSFER_ROWS, Intent.ANNOUNCE_ACCEPTED))


def _follow_up(dispatch: Dispatch, fact: FollowedUp, circumstances: Circumstances) -> Step:
    """Done, tried again later with growing pauses, or a matter for a person; the document stays where it is."""
    if fact.problem is None:
        return Step(replace(dispatch, due_at=None, tries=0))
    policy, tries = circumstances.policy, dispatch.tries + 1
    if isinstance(fact.problem, Rejected) or tries >= policy.tries:
        return Step(replace(dispatch, due_at=None, tries=tries), (Intent.CALL_A_PERSON,))
    due = _in(circumstances, _pause_s(fact.problem, tries, circumstances))
    return Step(replace(dispatch, due_at=due, tries=tries))


def _follow_again(dispatch: Dispatch, fact: TriedAgain, circumstances: Circumstances) -> Step:
    if dispatch.due_at is None and not dispatch.tries:
        raise ForbiddenDispatchStep(
            "The document is in the accounting system and nothing is left to do for it.",
            state=str(dispatch.state),
            fact="TriedAgain",
            reason="dispatch.nothing_left",
        )
    return Step(replace(dispatch, due_at=circumstances.now, tries=0))


def _reject(dispatch: Dispatch, fact: Rejected, circumstances: Circumstances) -> Step:
    rejected = replace(dispatch, state=DispatchState.REJECTED, due_at=None, resend=False)
    return Step(rejected, (Intent.ANNOUNCE_REJECTED,), rejection=fact)


def _try_later(dispatch: Dispatch, fact: NotSent | Unclear, circumstances: Circumstances) -> Step:
    """Nothing of the document was sent: wait longer each time, and not for ever."""
    policy = circumstances.policy
    tries = dispatch.tries + 1
    if tries >= policy.tries:
        given_up = replace(dispatch, tries=tries)
        why = f"The accounting system could not be reached in {tries} attempts: {fact.reason}"
        return _reject(given_up, Rejected("target.not_reached", why), circumstances)
    due = _in(circumstances, _pause_s(fact, tries, circumstances))
    return Step(replace(dispatch, state=DispatchState.WAITING, due_at=due, tries=tries))


def _pause_s(fact: NotSent | Unclear, tries: int, circumstances: Circumstances) -> float:
    """Seconds until the next try: growing, spread, and not shorter than the target asked for."""
    delays = circumstances.policy.retry_delays_s
    delay = delays[min(tries, len(delays)) - 1] * (0.75 + circumstances.jitter / 2)
    asked_pause = fact.retry_after_s if isinstance(fact, NotSent) else None
    return max(delay, asked_pause or 0.0)


def _become_unclear(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    first_look = _in(circumstances, circumstances.policy.first_look_s)
    return Step(
        replace(dispatch, state=DispatchState.UNCLEAR, due_at=first_look, looks=0, failed_asks=0, resend=True),
    )


def _not_there(dispatch: Dispatch, fact: Absent, circumstances: Circumstances) -> Step:
    looks = dispatch.looks + 1
    if looks >= circumstances.policy.looks:
        again = replace(dispatch, state=DispatchState.WAITING, due_at=circumstances.now, looks=looks, tries=0)
        return Step(again)
    due = _in(circumstances, circumstances.policy.look_pause_s)
    return Step(replace(dispatch, due_at=due, looks=looks, failed_asks=0))


def _could_not_ask(dispatch: Dispatch, fact: CannotAsk, circumstances: Circumstances) -> Step:
    failed = dispatch.failed_asks + 1
    if failed >= circumstances.policy.failed_asks:
        return _call_a_person(replace(dispatch, failed_asks=failed), fact, circumstances)
    # Grows to 16 pauses: a target that is down for hours must not use up the asks in minutes.
    pause = circumstances.policy.look_pause_s * 2 ** min(failed - 1, 4)
    return Step(replace(dispatch, due_at=_in(circumstances, pause), failed_asks=failed))


def _call_a_person(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    return Step(replace(dispatch, state=DispatchState.UNCLEAR, due_at=None), (Intent.CALL_A_PERSON,))


def _send_afresh(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    """Only after a definite refusal or a person's word that the target has nothing: the bytes may change."""
    return Step(
        replace(dispatch, state=DispatchState.WAITING, due_at=circumstances.now, tries=0, looks=0, resend=False)
    )


def _hurry(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    return Step(replace(dispatch, due_at=circumstances.now, failed_asks=0))


def _skip(dispatch: Dispatch, fact: Skipped, circumstances: Circumstances) -> Step:
    return Step(replace(dispatch, state=DispatchState.SKIPPED, due_at=None), (Intent.RELEASE_ROWS,))


def _redirect(dispatch: Dispatch, fact: Redirected, circumstances: Circumstances) -> Step:
    """Only while the target certainly has nothing: not after an unclear attempt, even if it was not found since."""
    if dispatch.resend:
        raise ForbiddenDispatchStep(
            "The document may be in the first accounting system; settle that before it is sent to another.",
            state=str(dispatch.state),
            fact="Redirected",
            reason="dispatch.may_be_there",
        )
    return Step(replace(dispatch, state=DispatchState.SKIPPED, due_at=None))


def _reverse(dispatch: Dispatch, fact: Reversed, circumstances: Circumstances) -> Step:
    """What was still to be done for it has lost its point."""
    return Step(replace(dispatch, state=DispatchState.REVERSED, due_at=None))


def _nothing(dispatch: Dispatch, fact: object, circumstances: Circumstances) -> Step:
    return Step(dispatch)


S = DispatchState
TABLE: Mapping[tuple[DispatchState, type], Callable[[Dispatch, Any, Circumstances], Step]] = {
    # Preparing (customer and products in the target) happens while waiting: the document itself is not sent
    # yet, so an unclear answer there says nothing about the document.
    (S.WAITING, Started): _start,
    (S.WAITING, Rejected): _reject,
    (S.WAITING, NotSent): _try_later,
    (S.WAITING, Unclear): _try_later,
    (S.WAITING, PayloadChanged): _call_a_person,
    (S.WAITING, TriedAgain): _hurry,
    (S.WAITING, Skipped): _skip,
    (S.SENDING, Accepted): _accept,
    (S.SENDING, Rejected): _reject,
    (S.SENDING, NotSent): _try_later,
    (S.SENDING, Unclear): _become_unclear,
    (S.SENDING, LeaseLapsed): _become_unclear,
    # An answer that comes after the lease is still an answer to the same attempt.
    (S.UNCLEAR, Accepted): _accept,
    (S.UNCLEAR, Rejected): _reject,
    (S.UNCLEAR, NotSent): _try_later,
    (S.UNCLEAR, Unclear): _nothing,
    (S.UNCLEAR, Found): _accept,
    (S.UNCLEAR, Absent): _not_there,
    (S.UNCLEAR, CannotAsk): _could_not_ask,
    (S.UNCLEAR, TakenAsSent): _accept,
    (S.UNCLEAR, TakenAsNotSent): _send_afresh,
    (S.UNCLEAR, TriedAgain): _hurry,
    (S.REJECTED, TriedAgain): _send_afresh,
    (S.REJECTED, Skipped): _skip,
    (S.WAITING, Redirected): _redirect,
    (S.REJECTED, Redirected): _redirect,
    (S.SKIPPED, SentHere): _send_afresh,
    (S.ACCEPTED, Reversed): _reverse,
    (S.ACCEPTED, FollowedUp): _follow_up,
    (S.ACCEPTED, TriedAgain): _follow_again,
}
