"""The kit catches adapters that break the contract: each of its guards has an adapter that it stops."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from marshmallow import RAISE, Schema, fields

from services.billing.adapters.kind import TargetKind
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Finding, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import ConnectionProblem, LinkStore, Prepared
from tests.contract.accounting import AdapterContract, Bench, BookedDocument, Trouble
from tests.contract.accounting.bench import SAVED, MemoryLinks

SECRET = "PLANTED-secret-of-the-kit"
_FRESH = count()


class _Settings(Schema):
    class Meta:
        unknown = RAISE

    url = fields.String(required=True, metadata={"description": "Where"})


@dataclass(repr=False)
class _Memory:
    """A sound target in memory; `fault` names what it does wrong."""

    store: MemoryBench
    fault: str
    secret: str
    trouble: Trouble | None
    name = "memory"

    def __repr__(self) -> str:
        return f"Memory({self.secret})" if self.fault == "shows its secret" else "Memory()"

    def prepare(self, document: Document, links: LinkStore) -> Prepared:
        self.store.known[document.key] = document
        payload = document.key if self.fault != "prepares anew each time" else f"{document.key} {next(_FRESH)}"
        return Prepared(payload.encode(), document.key)

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        logging.getLogger("memory").info("sent with %s", self.secret if self.fault == "logs its secret" else "it")
        document = self.store.known[prepared.document_key]
        if self.trouble in (None, *SAVED) and self.fault != "accepts without saving":
            self.store.sent.append(document)
        match self.trouble:
            case Trouble.VALIDATION_ERROR:
                return Rejected("memory.refused", "no")
            case Trouble.CONNECT_REFUSED | Trouble.RATE_429:
                return NotSent("nobody there")
            case None:
                return Accepted("" if self.fault == "gives no id" else prepared.document_key)
            case Trouble.OK_WITHOUT_ID if self.fault == "makes up an id":
                return Accepted("1")
        if self.fault == "calls what is lost not sent":
            return NotSent("no answer")
        if self.fault == "raises":
            raise TimeoutError
        return Unclear("no answer")

    def find(self, document_key: str, document: Document) -> Finding:
        if self.trouble is Trouble.CONNECT_REFUSED or self.secret != SECRET or self.fault == "cannot be asked":
            if self.fault == ("takes silence" if self.secret == SECRET else "takes a refused log-in") + " for no":
                return Absent()
            return CannotAsk("nobody there")
        if self.fault == "finds by prefix":
            found = any(sent.key.startswith(document_key) for sent in self.store.sent)
        elif self.fault == "finds in any case":
            found = any(sent.key.lower() == document_key.lower() for sent in self.store.sent)
        else:
            found = any(sent.key == document_key for sent in self.store.sent)
        found = found and self.fault != "never finds"
        return Found(document_key) if found else Absent()

    def check(self) -> None:
        if (self.trouble is Trouble.CONNECT_REFUSED or self.secret != SECRET) and self.fault != "calls everything well":
            raise ConnectionProblem(f"Nobody answers{self.secret if self.fault == 'tells its secret' else ''}.")


class MemoryBench(Bench):
    """A target in memory."""

    examples = 20
    checks_login = True

    def __init__(self, fault: str = "") -> None:
        self.known: dict[str, Document] = {}
        self.sent: list[Document] = []
        self.fault = fault
        self.cannot = {Trouble.DUPLICATE: "A repeat makes a second document."}
        if fault == "makes too little trouble":
            self.cannot = dict.fromkeys(Trouble, "We did not feel like it.")
        self._trouble: Trouble | None = None
        self.kind = TargetKind("memory", _Settings, ("key",), lambda _settings, secrets: self._build(secrets))

    def _build(self, secrets: Any) -> Any:
        return _Memory(self, self.fault, secrets["key"], self._trouble)

    def connect(self, trouble: Trouble | None = None, secrets: Any = None) -> Any:
        self._trouble = trouble
        return super().connect(trouble, secrets)

    @property
    def settings(self) -> dict[str, Any]:
        return {"url": "memory"}

    @property
    def secrets(self) -> dict[str, str]:
        return {"key": SECRET}

    def books(self) -> list[BookedDocument]:
        cent = Decimal("0.01") if self.fault == "loses a cent" else Decimal(0)
        return [BookedDocument(d.key, d.key, d.net, d.vat - cent, d.gross - cent) for d in self.sent]

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[None]:
        yield


def run(case: str, bench: Bench, request: pytest.FixtureRequest, *more: Any) -> None:
    """One case of the contract on a bench."""
    given: list[Any] = [bench]
    if case not in ("test_every_trouble_is_made_or_said_to_be_impossible", "test_nobody_there_is_a_problem_in_words"):
        given.append(MemoryLinks())
    if case == "test_no_secret_shows_anywhere":
        given += [request.getfixturevalue("everything_logged"), request.getfixturevalue("capsys")]
    getattr(AdapterContract(), case)(*given, *more)


CAUGHT = [
    ("prepares anew each time", "test_preparing_creates_no_document_and_gives_the_same_bytes_each_time", ()),
    ("gives no id", "test_what_was_sent_is_accepted_with_an_id_and_found_under_it", ()),
    ("accepts without saving", "test_what_was_sent_is_accepted_with_an_id_and_found_under_it", ()),
    ("never finds", "test_what_was_sent_is_accepted_with_an_id_and_found_under_it", ()),
    ("finds by prefix", "test_a_key_that_only_resembles_ours_is_not_found", ("a prefix",)),
    ("finds in any case", "test_a_key_that_only_resembles_ours_is_not_found", ("another case",)),
    ("loses a cent", "test_any_basket_is_booked_to_the_cent", ()),
    ("makes too little trouble", "test_every_trouble_is_made_or_said_to_be_impossible", ()),
    (
        "calls what is lost not sent",
        "test_a_trouble_has_an_allowed_outcome_and_makes_at_most_one_document",
        (Trouble.TIMEOUT_AFTER_SAVE,),
    ),
    (
        "calls what is lost not sent",
        "test_after_a_trouble_the_dispatch_comes_to_a_good_end",
        (Trouble.RESET_AFTER_SAVE,),
    ),
    (
        "never finds",
        "test_after_a_trouble_the_dispatch_comes_to_a_good_end",
        (Trouble.GARBAGE,),
    ),
    (
        "makes up an id",
        "test_a_trouble_has_an_allowed_outcome_and_makes_at_most_one_document",
        (Trouble.OK_WITHOUT_ID,),
    ),
    ("takes silence for no", "test_who_cannot_ask_does_not_call_the_document_absent", ()),
    ("takes a refused log-in for no", "test_who_cannot_ask_does_not_call_the_document_absent", ()),
    ("never finds", "test_any_series_of_troubles_and_deaths_leaves_one_document_or_a_visible_state", ()),
    ("shows its secret", "test_no_secret_shows_anywhere", ()),
    ("logs its secret", "test_no_secret_shows_anywhere", ()),
    ("tells its secret", "test_no_secret_shows_anywhere", ()),
]


@pytest.mark.parametrize(("fault", "case", "more"), CAUGHT, ids=[f"{fault}: {case[5:40]}" for fault, case, _ in CAUGHT])
def test_an_adapter_that_breaks_the_contract_is_caught(
    request: pytest.FixtureRequest, fault: str, case: str, more: tuple[Any, ...]
) -> None:
    run(case, MemoryBench(), request, *more)
    with pytest.raises(AssertionError):
        run(case, MemoryBench(fault), request, *more)


def test_an_adapter_that_raises_is_caught(request: pytest.FixtureRequest) -> None:
    case = "test_a_trouble_has_an_allowed_outcome_and_makes_at_most_one_document"
    with pytest.raises(TimeoutError):
        run(case, MemoryBench("raises"), request, Trouble.TIMEOUT_AFTER_SAVE)


def test_a_check_that_notices_nothing_is_caught(request: pytest.FixtureRequest) -> None:
    case = "test_nobody_there_is_a_problem_in_words"
    run(case, MemoryBench(), request)
    with pytest.raises(pytest.fail.Exception):
        run(case, MemoryBench("calls everything well"), request)


def test_a_target_that_cannot_be_asked_ends_with_a_person(request: pytest.FixtureRequest) -> None:
    bench = MemoryBench("cannot be asked")
    run("test_after_a_trouble_the_dispatch_comes_to_a_good_end", bench, request, Trouble.RESET_AFTER_SAVE)
    run("test_what_was_sent_is_accepted_with_an_id_and_found_under_it", bench, request)
    assert len(bench.sent) == 2
