"""Files go with the document that they were added to, and only while it is not in its target."""

import hashlib
from collections.abc import Callable
from threading import Thread

import pytest

from services.billing.app import attachments as use_cases
from services.billing.app.loading import load_document
from services.billing.domain.dispatch import DispatchState
from services.billing.domain.errors import AttachmentNameTaken, DocumentOnItsWay, InvalidAttachment
from services.billing.tests.integration.conftest import OTHER_TENANT, Billing
from shared.errors import NotFound

PDF = b"%PDF-1.7\nexample"
PNG = b"\x89PNG\r\n\x1a\nexample"


@pytest.fixture
def document_id(billing: Billing) -> str:
    billing.connect()
    billing.approve(billing.customer())
    (document,) = billing.documents()
    return document.id


def add(billing: Billing, document_id: str, name: str = "poytakirja.pdf", content: bytes = PDF) -> str:
    return use_cases.add_attachment(billing.begin(), document_id, name, content, now=billing.clock()).id


def names(billing: Billing, document_id: str) -> list[str]:
    return [each.name for each in use_cases.list_attachments(billing.read(), document_id)]


def test_files_go_along_in_the_order_in_which_they_were_added(billing: Billing, document_id: str) -> None:
    add(billing, document_id)
    add(billing, document_id, "kuva.png", PNG)

    billing.dispatcher().run_once()

    (invoice,) = billing.target.invoices
    assert invoice["files"] == [
        ["poytakirja.pdf", "application/pdf", hashlib.sha256(PDF).hexdigest()],
        ["kuva.png", "image/png", hashlib.sha256(PNG).hexdigest()],
    ]


def test_the_same_file_again_changes_nothing(billing: Billing, document_id: str) -> None:
    assert add(billing, document_id) == add(billing, document_id)
    assert names(billing, document_id) == ["poytakirja.pdf"]


def test_another_file_of_the_same_name_is_refused(billing: Billing, document_id: str) -> None:
    add(billing, document_id)
    with pytest.raises(AttachmentNameTaken):
        add(billing, document_id, content=PDF + b"2")


def test_files_of_other_kinds_are_refused(billing: Billing, document_id: str) -> None:
    with pytest.raises(InvalidAttachment):
        add(billing, document_id, content=b"<script>")
    assert names(billing, document_id) == []


def test_a_removed_file_does_not_go(billing: Billing, document_id: str) -> None:
    first = add(billing, document_id)
    add(billing, document_id, "kuva.png", PNG)
    use_cases.remove_attachment(billing.begin(), document_id, first, now=billing.clock())

    billing.dispatcher().run_once()

    assert [name for name, *_ in billing.target.invoices[0]["files"]] == ["kuva.png"]
    with billing.read() as uow:
        assert len(load_document(uow.session, document_id).attachments) == 1


def test_nothing_changes_on_a_document_that_is_accepted(billing: Billing, document_id: str) -> None:
    attachment = add(billing, document_id)
    billing.dispatcher().run_once()

    with pytest.raises(DocumentOnItsWay):
        add(billing, document_id, "kuva.png", PNG)
    with pytest.raises(DocumentOnItsWay):
        use_cases.remove_attachment(billing.begin(), document_id, attachment, now=billing.clock())
    assert names(billing, document_id) == ["poytakirja.pdf"]


def test_nothing_changes_on_a_document_that_may_be_in_the_target(billing: Billing, document_id: str) -> None:
    billing.target.faults = ["timeout_before_save"]
    billing.dispatcher().run_once()
    assert billing.the_dispatch().state == DispatchState.UNCLEAR
    with pytest.raises(DocumentOnItsWay):
        add(billing, document_id)


def test_nothing_changes_on_a_document_that_is_sent_again_as_it_was(billing: Billing, document_id: str) -> None:
    billing.target.faults = ["timeout_before_save", "not_sent"]
    for _ in range(3):
        billing.dispatcher().run_once()
        billing.pass_time(200)
    dispatch = billing.the_dispatch()
    assert (dispatch.state, dispatch.resend) == (DispatchState.WAITING, True)
    with pytest.raises(DocumentOnItsWay):
        add(billing, document_id)


def test_a_file_that_comes_while_the_document_is_prepared_goes_along(billing: Billing, document_id: str) -> None:
    """The sender has read the document without it; the start of the attempt notices."""
    prepare = billing.target.prepare

    def prepare_slowly(*arguments: object) -> object:
        prepared = prepare(*arguments)  # type: ignore[arg-type]
        if not names(billing, document_id):
            add(billing, document_id)
        return prepared

    billing.target.prepare = prepare_slowly  # type: ignore[method-assign, assignment]

    billing.dispatcher().run_once()

    (invoice,) = billing.target.invoices
    assert [name for name, *_ in invoice["files"]] == ["poytakirja.pdf"]


def test_other_tenants_see_nothing(billing: Billing, document_id: str) -> None:
    attachment = add(billing, document_id)
    billing.tenant_id = OTHER_TENANT
    for call in (
        lambda: use_cases.list_attachments(billing.read(), document_id),
        lambda: use_cases.get_attachment(billing.read(), document_id, attachment),
        lambda: add(billing, document_id),
        lambda: use_cases.remove_attachment(billing.begin(), document_id, attachment, now=billing.clock()),
    ):
        with pytest.raises(NotFound):
            call()


def test_two_at_once_keep_the_limit(billing_pg: Billing, make_other: Callable[[], Billing]) -> None:
    billing_pg.connect()
    billing_pg.approve(billing_pg.customer())
    (document,) = billing_pg.documents()
    refused: list[Exception] = []

    def add_six(billing: Billing, letter: str) -> None:
        for number in range(6):
            try:
                add(billing, document.id, f"{letter}{number}.pdf", PDF + letter.encode() + str(number).encode())
            except InvalidAttachment as error:
                refused.append(error)

    threads = [Thread(target=add_six, args=(make_other(), letter)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(names(billing_pg, document.id)) == 10
    assert len(refused) == 2
