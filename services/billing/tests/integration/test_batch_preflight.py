"""Before a batch is locked its targets are asked what they would refuse."""

import pytest

from services.billing.app import batches, overrides
from services.billing.app.batches import Selection
from services.billing.app.preflight import LockWish
from services.billing.domain.document import Document
from services.billing.domain.errors import NotBillable, NothingToBill
from services.billing.domain.preflight import Problem, Severity
from services.billing.models import Batch, Connection
from services.billing.tests.integration.conftest import Billing
from shared.crypto import SecretBox
from shared.db import get_or_404
from shared.db.database import Creation
from shared.ids import new_id


def foreseen(document: Document) -> list[Problem]:
    """The customer 1 is refused, 2 is changed, others are in order."""
    if document.payer.number == "1":
        return [Problem("netvisor.country", "no such country", "/payer/address/country")]
    if document.payer.number == "2":
        return [Problem("procountor.characters_replaced", "Ł", "/payer/name", Severity.WARNING)]
    return []


def a_batch(billing: Billing, *numbers: str) -> Batch:
    billing.target.foreseen = foreseen
    for number in numbers:
        billing.approve(billing.customer(number=number, billing_rhythm="monthly"))
    return batches.create_batch(billing.begin(), Creation("batch", None, "", new_id()), Selection(), None)


def lock(billing: Billing, batch: Batch, wish: LockWish) -> Batch:
    return batches.lock_batch(billing.begin(), batch.id, None, now=billing.clock(), vault=billing.vault, wish=wish)


def test_the_preview_tells_every_problem_of_every_document(billing: Billing) -> None:
    billing.connect()
    batch = a_batch(billing, "1", "2", "3")
    previews = batches.preview_batch(billing.read(), batch.id, now=billing.clock(), vault=billing.vault)
    found = {each.document.payer.number: [problem.code for problem in each.problems] for each in previews}
    assert found == {"1": ["netvisor.country"], "2": ["procountor.characters_replaced"], "3": []}


def test_what_would_be_refused_blocks_and_names_documents_and_fields(billing: Billing) -> None:
    billing.connect()
    batch = a_batch(billing, "3", "1")
    with pytest.raises(NotBillable) as refused:
        lock(billing, batch, LockWish(accept_warnings=True, language="en"))
    (error,) = refused.value.errors
    assert (error.pointer, error.code) == ("/documents/1/payer/address/country", "netvisor.country")
    assert error.detail.startswith("1: The customer's country is not accepted.")
    assert {row.state for row in billing.rows()} == {"open"}
    assert billing.documents() == []


def test_warnings_must_be_accepted(billing: Billing) -> None:
    billing.connect()
    batch = a_batch(billing, "2")
    with pytest.raises(NotBillable):
        lock(billing, batch, LockWish())
    assert lock(billing, batch, LockWish(accept_warnings=True)).document_count == 1


def test_refused_documents_may_be_left_in_the_pool(billing: Billing) -> None:
    billing.connect()
    batch = a_batch(billing, "1", "3")
    assert lock(billing, batch, LockWish(leave_out=True)).document_count == 1
    assert sorted(row.state for row in billing.rows()) == ["open", "reserved"]
    again = batches.create_batch(billing.begin(), Creation("batch", None, "", new_id()), Selection(), None)
    with pytest.raises(NothingToBill):
        lock(billing, again, LockWish(leave_out=True))
    billing.check()


def test_each_document_is_asked_of_the_target_that_it_goes_to(billing: Billing) -> None:
    billing.connect()
    own = billing.connect(is_default=False)
    with billing.begin() as uow:
        connection = get_or_404(uow.session, Connection, own)
        connection.secrets = SecretBox(bytes(32)).seal(b"{}", b"another key")
        uow.commit()
    customer = billing.customer(number="9", billing_rhythm="monthly")
    overrides.set_override(billing.begin(), customer, None, own)
    billing.approve(customer)
    batch = a_batch(billing, "3")
    previews = batches.preview_batch(billing.read(), batch.id, now=billing.clock(), vault=billing.vault)
    found = {each.document.payer.number: [problem.code for problem in each.problems] for each in previews}
    assert found == {"9": ["connection.unusable"], "3": []}


def test_without_a_connection_only_the_common_rules_are_asked(billing: Billing) -> None:
    batch = a_batch(billing, "1", "2")
    assert lock(billing, batch, LockWish()).document_count == 2


def test_what_ours_and_the_targets_rules_both_say_is_told_once(billing: Billing) -> None:
    billing.connect()
    billing.target.foreseen = lambda _: [
        Problem("netvisor.customer_name_missing", "no name", "/payer/name"),
        Problem("netvisor.text_too_long", "long", "/payer/name", Severity.WARNING),
    ]
    billing.approve(billing.customer(name=" ", billing_rhythm="monthly"))
    batch = batches.create_batch(billing.begin(), Creation("batch", None, "", new_id()), Selection(), None)
    (preview,) = batches.preview_batch(billing.read(), batch.id, now=billing.clock(), vault=billing.vault)
    assert [problem.code for problem in preview.problems] == ["payer.name_missing", "netvisor.text_too_long"]
