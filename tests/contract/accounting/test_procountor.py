"""What only Procountor has: steps after the acceptance under a storm of faults, and consumers' prices to the cent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given

from deploy.sandbox import SandboxConfig, create_sandbox
from deploy.sandbox.faults import TOKEN, Fault
from services.billing.domain.compile import DocumentHead, MergePolicy, compile_document
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.document import PRIVATE, Attachment, Document
from services.billing.domain.outcomes import Accepted, FollowedUp, Rejected
from services.billing.domain.target import TargetIds
from shared.testing.serving import serving
from tests.contract.accounting import baskets
from tests.contract.accounting.bench import MemoryLinks
from tests.contract.accounting.cases import basket_settings, only_one, prepared_of
from tests.contract.accounting.driver import carry
from tests.contract.accounting.sandboxes import ProcountorBench

KINDS = (
    "reset_before_save",
    "reset_after_save",
    "error_500_after_save",
    "unavailable_503",
    "garbage",
    "truncated",
    "ok_without_id",
    "rate_429",
    "expired_token",
    "maintenance",
)
MOST_TRIES = 100
PDF = b"%PDF-1.7 \x00"


@pytest.fixture
def bench() -> Iterator[ProcountorBench]:
    """A company of its own."""
    app = create_sandbox(SandboxConfig(seed_demo=False))
    with serving(app) as url:
        yield ProcountorBench(app, url)


def spoil(bench: ProcountorBench, seed: int) -> Any:
    """Let every fourth call go wrong in some way, of every method and address, as the seed's dice fall."""
    plan = bench._simulator.faults(bench._id)
    for number, kind in enumerate(KINDS):
        plan.add(Fault(kind, times=None, probability=0.03, seed=100 * seed + number, methods=("GET", "POST", "PUT")))
    plan.add(Fault("unavailable_503", times=None, probability=0.2, seed=seed, resource="oauth/token", methods=(TOKEN,)))
    return plan


def finished(bench: ProcountorBench, document: Document, ids: TargetIds, links: MemoryLinks) -> FollowedUp:
    """Follow the document up, each time in a new process, until nothing is left."""
    for _ in range(MOST_TRIES):
        told: FollowedUp = bench.connect().follow_up(document, ids, links)  # type: ignore[attr-defined]
        assert not isinstance(told.problem, Rejected), told
        if told.problem is None:
            return told
    raise AssertionError(f"no end in {MOST_TRIES} attempts")


@pytest.mark.parametrize("seed", range(12))
def test_in_any_storm_there_is_one_invoice_sent_once_with_its_file_and_dimension(
    bench: ProcountorBench, seed: int
) -> None:
    links = MemoryLinks()
    plan = spoil(bench, seed)
    file = Attachment("kuitti.pdf", "application/pdf", PDF, hashlib.sha256(PDF).hexdigest())
    for _ in range(3):
        document = baskets.a_document(attachments=(file,))
        journey = carry(bench, document, links)
        assert journey.dispatch.state is DispatchState.ACCEPTED, journey
        ids = TargetIds(only_one(bench, document).target_id or "")
        assert finished(bench, document, ids, links).done == ("attach", "approve", "send", "dimensions")
    plan.clear()
    books = bench._simulator.books(bench._id)
    assert (len(books["invoices"]), books["customers"], books["products"]) == (3, 1, 1)
    for invoice in books["invoices"]:
        assert (invoice["status"], invoice["attachments"]) == ("SENT", ["kuitti.pdf"])
        assert [line["dimensions"] for line in invoice["lines"]] == [["Kustannuspaikka/100"]]
    made = {name: count for name, count in books["calls"].items() if name.startswith("fault ")}
    assert sum(made.values()) > 5, "the storm was a breeze"


def test_any_basket_of_a_consumer_is_booked_to_the_cent(bench: ProcountorBench) -> None:
    payer = replace(baskets.a_payer(), kind=PRIVATE, business_id=None, vat_number=None, number="9001")
    links = MemoryLinks()
    target = bench.connect()

    @basket_settings(60)
    @given(baskets.rows())
    def check(rows: list[Any]) -> None:
        head = DocumentHead(
            id="1",
            key=baskets.a_document().key,
            tenant_id="tenant-1",
            payer=payer,
            document_date=baskets.a_document().document_date,
            references={},
        )
        document = compile_document(
            head, [replace(row, buyer_is_construction_seller=False) for row in rows], MergePolicy()
        )
        assume(document.net > 0)
        outcome = target.send(prepared_of(target, document, links))
        assert isinstance(outcome, Accepted), outcome
        booked = only_one(bench, document)
        assert (booked.net, booked.vat, booked.gross) == (document.net, document.vat, document.gross)
        assert document.prices_include_vat

    check()
