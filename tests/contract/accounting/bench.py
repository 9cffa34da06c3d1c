"""What the kit must be told of an adapter: how to connect, what is in the books, how to make trouble."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.billing.adapters.kind import TargetKind
from services.billing.domain.numbering import IssuedNumber
from services.billing.domain.outcomes import Accepted, NotSent, Rejected, Unclear
from services.billing.domain.target import AccountingTarget


class Trouble(StrEnum):
    """What can go wrong while a document is handed over."""

    CONNECT_REFUSED = "connect_refused"
    TIMEOUT_BEFORE_SAVE = "timeout_before_save"
    TIMEOUT_AFTER_SAVE = "timeout_after_save"
    RESET_BEFORE_SAVE = "reset_before_save"
    RESET_AFTER_SAVE = "reset_after_save"
    ERROR_500_AFTER_SAVE = "error_500_after_save"
    UNAVAILABLE_503 = "unavailable_503"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    OK_WITHOUT_ID = "ok_without_id"
    RATE_429 = "rate_429"
    EXPIRED_TOKEN = "expired_token"
    MAINTENANCE = "maintenance"
    VALIDATION_ERROR = "validation_error"
    DUPLICATE = "duplicate"


SAVED = frozenset(
    {
        Trouble.TIMEOUT_AFTER_SAVE,
        Trouble.RESET_AFTER_SAVE,
        Trouble.ERROR_500_AFTER_SAVE,
        Trouble.GARBAGE,
        Trouble.TRUNCATED,
        Trouble.OK_WITHOUT_ID,
    }
)
"""The target has the document afterwards, and the sender does not hear of it."""

_LOST_ANSWER = frozenset({Unclear, Accepted})
_MAYBE_LOST = frozenset({Unclear, NotSent})
ALLOWED: Mapping[Trouble, frozenset[type]] = {
    **dict.fromkeys(SAVED, _LOST_ANSWER),
    Trouble.CONNECT_REFUSED: frozenset({NotSent}),
    Trouble.TIMEOUT_BEFORE_SAVE: _MAYBE_LOST,
    Trouble.RESET_BEFORE_SAVE: _MAYBE_LOST,
    Trouble.UNAVAILABLE_503: _MAYBE_LOST,
    Trouble.MAINTENANCE: _MAYBE_LOST,
    Trouble.RATE_429: frozenset({NotSent}),
    # A lapsed token is renewed at once, tried again later, or a matter for a person.
    Trouble.EXPIRED_TOKEN: frozenset({Accepted, NotSent, Rejected, Unclear}),
    Trouble.VALIDATION_ERROR: frozenset({Rejected}),
    Trouble.DUPLICATE: frozenset({Accepted, Rejected, Unclear}),
}
"""What `send` may say. Whoever says Accepted must be right, and whoever says anything else must not have sent twice."""


@dataclass(frozen=True, slots=True)
class BookedDocument:
    """One document as it stands in the target.

    net, vat, gross  as the target computes them; for files, as `recomputed` does from what is written
    line_nets        the lines' totals without VAT in their order; None if the target keeps none
    """

    key: str
    target_id: str | None
    net: Decimal
    vat: Decimal
    gross: Decimal
    line_nets: tuple[Decimal, ...] | None = None


@dataclass
class MemoryLinks:
    """A LinkStore and a gapless NumberSeries in memory."""

    links: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    numbers: dict[str, IssuedNumber] = field(default_factory=dict)

    def get(self, kind: str, our_key: str) -> str | None:
        """As LinkStore."""
        found = self.links.get((kind, our_key))
        return found[0] if found else None

    def put(self, kind: str, our_key: str, target_id: str, matched_by: str) -> None:
        """As LinkStore."""
        self.links[(kind, our_key)] = (target_id, matched_by)

    def number_for(self, document_key: str, *, first: int) -> IssuedNumber:
        """As NumberSeries."""
        moment = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
        return self.numbers.setdefault(document_key, IssuedNumber(first + len(self.numbers), moment))


class Bench(ABC):
    """One adapter on the bench, with a target of its own that nobody else uses.

    kind          the TargetKind under test
    cannot        troubles that cannot happen to this target, each with the reason; the bench must make all others
    also_allowed  outcomes that this target may have besides ALLOWED; say why beside them
    checks_login  whether `check` notices wrong secrets
    takes_credits whether documents that reverse another one are taken
    examples      hypothesis examples for each property; fewer for slow targets
    """

    kind: TargetKind
    cannot: Mapping[Trouble, str] = {}
    also_allowed: Mapping[Trouble, frozenset[type]] = {}
    checks_login: bool = False
    takes_credits: bool = True
    examples: int = 25

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Valid settings, as a person gives them."""

    @property
    def secrets(self) -> dict[str, str]:
        """The right secrets by name: long texts that occur nowhere else, for the kit searches everything for them."""
        return {}

    def connect(self, trouble: Trouble | None = None, secrets: Mapping[str, str] | None = None) -> AccountingTarget:
        """A fresh connection, as another process would build it.

        trouble  what will be made of its next call: with a time-out it should not wait for long; with a refused
                 connection it leads to where nobody listens
        secrets  others than the right ones
        """
        return self.kind.build(self.loaded(trouble), self.secrets if secrets is None else secrets)

    def loaded(self, trouble: Trouble | None) -> dict[str, Any]:
        """The settings as `build` gets them."""
        loaded: dict[str, Any] = self.kind.settings().load(self.settings)
        return loaded

    @abstractmethod
    def books(self) -> list[BookedDocument]:
        """Everything that the target has, in the order in which it came."""

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[None]:
        """Spoil the next hand-over of a document within the block, once; afterwards all is well again."""
        raise NotImplementedError(trouble)
        yield

    def booked(self, key: str) -> list[BookedDocument]:
        """What the target has under exactly this key: one, if all is well."""
        return [document for document in self.books() if document.key == key]
