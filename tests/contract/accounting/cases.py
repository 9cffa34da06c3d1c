"""What every adapter must do. Subclass `AdapterContract` and give it a `bench`."""

from __future__ import annotations

import base64
import io
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.billing.domain.dispatch import DispatchState
from services.billing.domain.document import Document, OriginalDocument
from services.billing.domain.exchanges import collected
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
from services.billing.domain.preflight import Severity
from services.billing.domain.target import (
    AccountingTarget,
    ConnectionProblem,
    FollowsUp,
    ForeseesProblems,
    Prepared,
    TargetIds,
)
from tests.contract.accounting import baskets
from tests.contract.accounting.bench import ALLOWED, SAVED, Bench, BookedDocument, MemoryLinks, Trouble
from tests.contract.accounting.driver import Attempt, Journey, carry

OUTCOMES = Accepted | Rejected | NotSent | Unclear
FINDINGS = Found | Absent | CannotAsk
NEAR_KEYS = {
    "a prefix": lambda key: key[:-1],
    "a suffix": lambda key: key[1:],
    "more behind": lambda key: f"{key}0",
    "more before": lambda key: f"X{key}",
    "another case": lambda key: key.swapcase(),
    "another last character": lambda key: key[:-1] + ("1" if key[-1] != "1" else "2"),
}
TROUBLES = [each for each in Trouble if each is not Trouble.DUPLICATE]


def basket_settings(examples: int) -> Any:
    """How properties run here: no time limit for one example, which a busy machine would break; nothing is kept."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def prepared_of(target: AccountingTarget, document: Document, links: MemoryLinks) -> Prepared:
    """The payload; AssertionError if the adapter made none."""
    prepared = target.prepare(document, links)
    assert isinstance(prepared, Prepared), prepared
    assert prepared.document_key == document.key
    return prepared


def only_one(bench: Bench, document: Document) -> BookedDocument:
    """What the target has of the document; AssertionError unless it is there exactly once."""
    booked = bench.booked(document.key)
    assert len(booked) == 1, f"{len(booked)} documents with this key"
    return booked[0]


def assert_booked_as_ours(booked: BookedDocument, document: Document) -> None:
    """Our totals = the target's totals; our lines = its lines."""
    assert (booked.net, booked.vat, booked.gross) == (document.net, document.vat, document.gross)
    if booked.line_nets is not None:
        assert booked.line_nets == tuple(line.net for line in document.lines)


def assert_ended_well(bench: Bench, document: Document, journey: Journey) -> None:
    """Accepted and there once, or rejected and not there, or a person sees it and it is there at most once."""
    booked = bench.booked(document.key)
    state = journey.dispatch.state
    assert len(booked) <= 1, journey
    if state is DispatchState.ACCEPTED:
        assert len(booked) == 1, journey
        assert_booked_as_ours(booked[0], document)
    elif state is DispatchState.REJECTED:
        assert booked == [], journey
    else:
        assert journey.needs_person, journey


class AdapterContract:
    """The cases. They ask for a fixture `bench`; it may live for a whole module: none minds what others left behind."""

    @pytest.fixture
    def links(self, bench: Bench) -> MemoryLinks:
        """What was learned of the target's registers and numbers: one store for each bench, as in the product."""
        if not hasattr(bench, "kit_links"):
            bench.kit_links = MemoryLinks()  # type: ignore[attr-defined]
        return bench.kit_links  # type: ignore[attr-defined,no-any-return]

    # --- what it needs to be told ---

    def test_settings_load_and_load_again(self, bench: Bench) -> None:
        schema = bench.kind.settings()
        loaded = schema.load(bench.settings)
        assert schema.load(schema.dump(loaded)) == loaded
        assert bench.connect().name == bench.kind.name

    def test_a_misspelt_setting_is_refused(self, bench: Bench) -> None:
        with pytest.raises(ValidationError):
            bench.kind.settings().load({**bench.settings, "no_such_setting": 1})

    def test_required_settings_are_required(self, bench: Bench) -> None:
        for name, field in bench.kind.settings().fields.items():
            if field.required:
                without = {key: value for key, value in bench.settings.items() if key != name}
                with pytest.raises(ValidationError):
                    bench.kind.settings().load(without)

    def test_every_setting_is_described_and_none_is_a_secret(self, bench: Bench) -> None:
        declared = bench.kind.settings().fields
        secrets = {*bench.kind.secrets, *bench.kind.optional_secrets}
        assert all(field.metadata.get("description") for field in declared.values())
        assert not set(declared) & secrets
        assert set(bench.kind.secrets) <= set(bench.secrets) <= secrets

    # --- the way of a document ---

    def test_the_connection_can_be_checked_and_nothing_is_left_behind(self, bench: Bench) -> None:
        before = bench.books()
        bench.connect().check()
        assert bench.books() == before

    def test_preparing_creates_no_document_and_gives_the_same_bytes_each_time(
        self, bench: Bench, links: MemoryLinks
    ) -> None:
        document = baskets.a_document()
        first = prepared_of(bench.connect(), document, links)
        target = bench.connect()
        again = [prepared_of(target, document, links), prepared_of(target, replace(document), links)]
        assert [each.payload for each in again] == [first.payload] * 2
        assert bench.booked(document.key) == []
        assert isinstance(bench.connect().send(first), Accepted)
        assert prepared_of(bench.connect(), document, links).payload == first.payload

    def test_what_was_sent_is_accepted_with_an_id_and_found_under_it(self, bench: Bench, links: MemoryLinks) -> None:
        document = baskets.a_document()
        target = bench.connect()
        before = target.find(document.key, document)
        assert isinstance(before, Absent | CannotAsk)
        outcome = target.send(prepared_of(target, document, links))
        assert isinstance(outcome, Accepted)
        assert outcome.target_id
        booked = only_one(bench, document)
        assert booked.target_id in (None, outcome.target_id)
        for ours, told in zip((document.net, document.vat, document.gross), _totals(outcome), strict=True):
            assert told is None or told == ours
        finding = bench.connect().find(document.key, document)
        if isinstance(before, Absent):
            assert isinstance(finding, Found)
            assert finding.target_id == outcome.target_id
            assert finding.gross in (None, document.gross)
        else:
            assert isinstance(finding, CannotAsk)  # who cannot say "absent" must not say "found" by chance

    @pytest.mark.parametrize("near", sorted(NEAR_KEYS))
    def test_a_key_that_only_resembles_ours_is_not_found(self, bench: Bench, links: MemoryLinks, near: str) -> None:
        document = baskets.a_document()
        target = bench.connect()
        assert isinstance(target.send(prepared_of(target, document, links)), Accepted)
        other = NEAR_KEYS[near](document.key)
        assert isinstance(target.find(other, replace(document, key=other)), Absent | CannotAsk)

    def test_documents_with_keys_that_contain_one_another_stay_apart(self, bench: Bench, links: MemoryLinks) -> None:
        whole = baskets.a_document()
        pair = [replace(whole, id="2", key=whole.key[:-1]), whole]
        target = bench.connect()
        outcomes = [target.send(prepared_of(target, document, links)) for document in pair]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        for document, outcome in zip(pair, outcomes, strict=True):
            finding = target.find(document.key, document)
            assert isinstance(finding, CannotAsk) or (
                isinstance(finding, Found) and finding.target_id == outcome.target_id
            )
            assert len(bench.booked(document.key)) == 1

    def test_what_follows_an_acceptance_does_no_harm_when_it_is_asked_for_again(
        self, bench: Bench, links: MemoryLinks
    ) -> None:
        target = bench.connect()
        if not isinstance(target, FollowsUp):
            return
        original = baskets.a_document()
        accepted = target.send(prepared_of(target, original, links))
        assert isinstance(accepted, Accepted), accepted
        reversed_ = OriginalDocument(
            original.id, original.key, original.document_date, accepted.target_id, accepted.target_number
        )
        credit = baskets.a_credit(reversed_)
        credited = target.send(prepared_of(target, credit, links))
        assert isinstance(credited, Accepted), credited
        for document, outcome in ((original, accepted), (credit, credited)):
            ids = TargetIds(outcome.target_id, outcome.target_number)
            first = target.follow_up(document, ids, links)
            assert first == FollowedUp(tuple(target.follow_ups(document)))
            books = bench.books()
            # A process that died before it remembered what was done, and one that did not.
            assert bench.connect().follow_up(document, ids, MemoryLinks()) == first
            assert bench.connect().follow_up(document, ids, links) == first
            assert bench.books() == books

    def test_threads_may_share_a_connection(self, bench: Bench, links: MemoryLinks) -> None:
        target = bench.connect()
        documents = [baskets.a_document() for _ in range(3)]
        journeys: list[Journey] = []

        class Shared:
            """The bench, with one connection for everybody."""

            def __getattr__(self, name: str) -> Any:
                return getattr(bench, name)

            def connect(self, *_: object) -> AccountingTarget:
                return target

        def work(document: Document) -> None:
            journeys.append(carry(Shared(), document, links))  # type: ignore[arg-type]

        prepared_of(target, documents[0], links)
        threads = [threading.Thread(target=work, args=(document,)) for document in documents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert [journey.dispatch.state for journey in journeys] == [DispatchState.ACCEPTED] * 3
        assert all(len(bench.booked(document.key)) == 1 for document in documents)

    # --- money ---

    def test_any_basket_is_booked_to_the_cent(self, bench: Bench, links: MemoryLinks) -> None:
        @basket_settings(bench.examples)
        @given(baskets.documents())
        def check(document: Document) -> None:
            target = bench.connect()
            if isinstance(target, ForeseesProblems):
                assert not [each for each in target.preflight(document) if each.severity is Severity.BLOCK]
            outcome = target.send(prepared_of(target, document, links))
            assert isinstance(outcome, Accepted), outcome
            booked = only_one(bench, document)
            assert_booked_as_ours(booked, document)

        check()

    def test_three_lines_of_99_99_have_vat_from_their_sum(self, bench: Bench, links: MemoryLinks) -> None:
        document = baskets.a_document([baskets.a_row(n, unit_price=Decimal("33.33")) for n in (1, 2, 3)])
        assert document.gross == Decimal("376.46")
        assert_ended_well(bench, document, carry(bench, document, links))
        assert len(bench.booked(document.key)) == 1

    def test_a_credit_is_booked_to_the_cent(self, bench: Bench, links: MemoryLinks) -> None:
        document = baskets.a_credit()
        target = bench.connect()
        if not bench.takes_credits:
            assert isinstance(target.prepare(document, links), Rejected)
            return
        assert isinstance(target.send(prepared_of(target, document, links)), Accepted)
        booked = only_one(bench, document)
        assert (booked.net, booked.vat, booked.gross) == (document.net, document.vat, document.gross)

    @pytest.mark.parametrize("odd", sorted(baskets.odd_documents()))
    def test_an_odd_document_is_refused_in_words_or_handed_over_whole(
        self, bench: Bench, links: MemoryLinks, odd: str
    ) -> None:
        document = baskets.odd_documents()[odd]
        target = bench.connect()
        foreseen = target.preflight(document) if isinstance(target, ForeseesProblems) else None
        outcome = target.prepare(document, links)
        if isinstance(outcome, Rejected):
            assert len(outcome.detail) > 10
            if foreseen is not None:
                assert outcome.code in {problem.code for problem in foreseen}
        if isinstance(outcome, Prepared):
            outcome = target.send(outcome)
        assert isinstance(outcome, OUTCOMES)
        if isinstance(outcome, Rejected):
            assert outcome.code.partition(".")[2], outcome
            assert bench.booked(document.key) == []
        else:
            assert len(bench.booked(document.key)) == isinstance(outcome, Accepted)

    # --- trouble ---

    def test_every_trouble_is_made_or_said_to_be_impossible(self, bench: Bench) -> None:
        assert all(len(reason) > 10 for reason in bench.cannot.values())
        made = set(Trouble) - set(bench.cannot)
        assert {Trouble.CONNECT_REFUSED, Trouble.TIMEOUT_AFTER_SAVE} <= made

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_a_trouble_has_an_allowed_outcome_and_makes_at_most_one_document(
        self, bench: Bench, links: MemoryLinks, trouble: Trouble
    ) -> None:
        if trouble in bench.cannot:
            return
        document = baskets.a_document()
        prepared = prepared_of(bench.connect(), document, links)
        target = bench.connect(trouble)
        with bench.trouble(trouble):
            outcome = target.send(prepared)
        assert type(outcome) in ALLOWED[trouble] | bench.also_allowed.get(trouble, frozenset()), outcome
        there = bench.booked(document.key)
        assert len(there) == (trouble in SAVED) or isinstance(outcome, Accepted), "the bench did not make the trouble"
        if isinstance(outcome, Accepted):
            assert len(there) == 1
            assert there[0].target_id in (None, outcome.target_id), "an id that the target never gave"
        finding = bench.connect().find(document.key, document)
        assert isinstance(finding, CannotAsk | (Found if there else Absent))

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_after_a_trouble_the_dispatch_comes_to_a_good_end(
        self, bench: Bench, links: MemoryLinks, trouble: Trouble
    ) -> None:
        if trouble in bench.cannot:
            return
        document = baskets.a_document()
        journey = carry(bench, document, links, [Attempt(trouble)])
        assert_ended_well(bench, document, journey)
        asked = [fact for fact in journey.facts if isinstance(fact, FINDINGS)]
        if not any(isinstance(fact, CannotAsk) for fact in asked) and trouble is not Trouble.VALIDATION_ERROR:
            assert journey.dispatch.state in (DispatchState.ACCEPTED, DispatchState.REJECTED)

    def test_what_is_there_already_is_not_doubled(self, bench: Bench, links: MemoryLinks) -> None:
        """A repeat of the same bytes: harmless, or the bench says why the dispatcher must prevent it."""
        if Trouble.DUPLICATE in bench.cannot:
            return
        document = baskets.a_document()
        prepared = prepared_of(bench.connect(), document, links)
        assert isinstance(bench.connect().send(prepared), Accepted)
        assert type(bench.connect().send(prepared)) in ALLOWED[Trouble.DUPLICATE]
        assert len(bench.booked(document.key)) == 1

    def test_any_series_of_troubles_and_deaths_leaves_one_document_or_a_visible_state(
        self, bench: Bench, links: MemoryLinks
    ) -> None:
        slow = {Trouble.TIMEOUT_BEFORE_SAVE, Trouble.TIMEOUT_AFTER_SAVE}
        possible = [None, *(each for each in TROUBLES if each not in bench.cannot and each not in slow)]
        attempts = st.builds(Attempt, st.sampled_from(possible), st.sampled_from((None, "before_send", "after_send")))

        @basket_settings(bench.examples)
        @given(st.lists(attempts, max_size=4))
        def check(series: list[Attempt]) -> None:
            document = baskets.a_document()
            assert_ended_well(bench, document, carry(bench, document, links, series))

        check()

    # --- secrets ---

    def test_no_secret_shows_anywhere(
        self,
        bench: Bench,
        links: MemoryLinks,
        everything_logged: io.StringIO,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        target = bench.connect()
        document = baskets.a_document()
        shown: list[Any] = [bench.settings, target]
        with collected() as exchanges:  # what the dispatch desk stores and shows of the wire
            prepared = prepared_of(target, document, links)
            shown += [prepared, prepared.payload.decode("utf-8", "replace"), target.send(prepared)]
            shown += [target.find(document.key, document)]
            if isinstance(target, FollowsUp):
                shown += [target.follow_up(each, TargetIds("1"), links) for each in (document, baskets.a_credit())]
        shown += exchanges
        for trouble in (each for each in TROUBLES if each not in bench.cannot):
            again = baskets.a_document()
            journey = carry(bench, again, links, [Attempt(trouble)])
            shown += journey.facts
        shown += list(_problems(bench, {name: f"{text}-wrong" for name, text in bench.secrets.items()}))
        shown += list(_problems(bench, bench.secrets, Trouble.CONNECT_REFUSED))
        everything = "\n".join(
            [*map(str, shown), *map(repr, shown), everything_logged.getvalue(), *capsys.readouterr()]
        )
        for name, secret in bench.secrets.items():
            assert len(secret) >= 12, "too short to be searched for"
            for form in (secret, quote_plus(secret), base64.b64encode(secret.encode()).decode()):
                assert form not in everything, f"{name} shows"

    def test_who_cannot_ask_does_not_call_the_document_absent(self, bench: Bench, links: MemoryLinks) -> None:
        """What is called absent is sent again: nobody there and a refused log-in say nothing about the document."""
        document = baskets.a_document()
        target = bench.connect()
        assert isinstance(target.send(prepared_of(target, document, links)), Accepted)
        with bench.trouble(Trouble.CONNECT_REFUSED):
            assert not isinstance(bench.connect(Trouble.CONNECT_REFUSED).find(document.key, document), Absent)
        if bench.checks_login:
            wrong = {name: f"{text}-wrong" for name, text in bench.secrets.items()}
            assert not isinstance(bench.connect(secrets=wrong).find(document.key, document), Absent)

    def test_wrong_secrets_are_a_problem_in_words(self, bench: Bench) -> None:
        if not bench.checks_login:
            return
        wrong = {name: f"{text}-wrong" for name, text in bench.secrets.items()}
        with pytest.raises(ConnectionProblem) as problem:
            bench.connect(secrets=wrong).check()
        assert len(str(problem.value)) > 10

    def test_nobody_there_is_a_problem_in_words(self, bench: Bench) -> None:
        with bench.trouble(Trouble.CONNECT_REFUSED), pytest.raises(ConnectionProblem) as problem:
            bench.connect(Trouble.CONNECT_REFUSED).check()
        assert len(str(problem.value)) > 10


def _totals(outcome: Accepted) -> tuple[Decimal | None, ...]:
    return (outcome.net, outcome.vat, outcome.gross)


def _problems(bench: Bench, secrets: dict[str, str], trouble: Trouble | None = None) -> Iterator[str]:
    """What a failing check says, with everything that a log would show of it."""
    try:
        bench.connect(trouble, secrets).check()
    except ConnectionProblem as problem:
        yield "".join(traceback.format_exception(problem))
