"""The dispatch desk and connections: what people decide."""

import pytest
from sqlalchemy import select, text

from services.billing.adapters.registry import TARGETS
from services.billing.app import desk
from services.billing.app.connections import (
    ConnectionWish,
    change_connection,
    check_connection,
    checked_settings,
    create_connection,
    get_connection,
    remove_connection,
)
from services.billing.domain.dispatch import TakenAsNotSent, TakenAsSent
from services.billing.domain.errors import (
    ConnectionInUse,
    ForbiddenDispatchStep,
    InvalidSettings,
    UnknownTarget,
)
from services.billing.domain.outcomes import CannotAsk
from services.billing.domain.target import ConnectionProblem
from services.billing.models import Connection
from services.billing.tests.integration.conftest import Billing
from shared.crypto import UnreadableSecret
from shared.db.database import Creation
from shared.errors import NotFound, VersionMismatch
from shared.ids import new_id


def a_rejected(billing: Billing) -> str:
    billing.connect()
    billing.target.faults = ["rejected"]
    billing.approve(billing.customer("0190a000-0000-7000-8000-000000000010"))
    billing.dispatcher().run_once()
    return billing.the_dispatch().id


def a_hopelessly_unclear(billing: Billing, fault: str) -> str:
    billing.connect()
    billing.target.faults = [fault]
    billing.target.find_faults = [CannotAsk("503")] * 100
    billing.approve(billing.customer())
    billing.dispatcher().run_once()
    return billing.the_dispatch().id


def test_a_rejected_document_is_sent_again_with_the_corrected_payer(billing: Billing) -> None:
    dispatch_id = a_rejected(billing)
    billing.customer("0190a000-0000-7000-8000-000000000010", version=2, name="Oikea nimi Oy")
    view = desk.retry_dispatch(billing.begin(), dispatch_id, None, now=billing.clock())
    assert view.dispatch.state == "waiting"
    billing.dispatcher().run_once()
    assert billing.the_dispatch().state == "accepted"
    assert [invoice["name"] for invoice in billing.target.invoices] == ["Oikea nimi Oy"]
    shown = desk.get_dispatch(billing.read(), dispatch_id)
    assert [(line.kind, line.outcome) for line in shown.attempts] == [
        ("send", "Rejected"),
        ("person", "TriedAgain"),
        ("send", "Accepted"),
    ]
    assert shown.attempts[1].actor == "user:biller"
    billing.check()


def test_a_skipped_document_gives_its_rows_back(billing: Billing) -> None:
    dispatch_id = a_rejected(billing)
    desk.skip_dispatch(billing.begin(), dispatch_id, None, "Väärä asiakas", close_rows=False, now=billing.clock())
    assert [row.state for row in billing.rows()] == ["open"]
    billing.check()


def test_a_document_billed_in_another_way_closes_its_rows(billing: Billing) -> None:
    dispatch_id = a_rejected(billing)
    desk.skip_dispatch(billing.begin(), dispatch_id, None, "Laskutettu käsin", close_rows=True, now=billing.clock())
    assert [(row.state, row.closed_reason) for row in billing.rows()] == [
        ("closed_without_billing", "Laskutettu käsin")
    ]
    billing.check()


def test_what_may_be_in_the_target_cannot_be_skipped(billing: Billing) -> None:
    dispatch_id = a_hopelessly_unclear(billing, "timeout_after_save")
    with pytest.raises(ForbiddenDispatchStep):
        desk.skip_dispatch(billing.begin(), dispatch_id, None, "pois", close_rows=False, now=billing.clock())


def test_a_person_who_saw_the_document_settles_it(billing: Billing) -> None:
    dispatch_id = a_hopelessly_unclear(billing, "timeout_after_save")
    decision = TakenAsSent("i1", "10027")
    view = desk.resolve_dispatch(billing.begin(), dispatch_id, None, decision, now=billing.clock())
    assert (view.dispatch.state, view.dispatch.target_number) == ("accepted", "10027")
    assert billing.events("document.accepted.v1")[0].data["target_number"] == "10027"
    billing.check()


def test_a_person_who_made_sure_it_is_not_there_lets_it_be_sent(billing: Billing) -> None:
    dispatch_id = a_hopelessly_unclear(billing, "timeout_before_save")
    desk.resolve_dispatch(billing.begin(), dispatch_id, None, TakenAsNotSent(), now=billing.clock())
    billing.dispatcher().run_once()
    assert len(billing.target.invoices) == 1
    assert billing.the_dispatch().state == "accepted"


def test_a_decision_for_another_version_is_refused(billing: Billing) -> None:
    dispatch_id = a_rejected(billing)
    with pytest.raises(VersionMismatch):
        desk.retry_dispatch(billing.begin(), dispatch_id, 1, now=billing.clock())


def test_a_dispatch_of_another_tenant_is_not_found(billing: Billing) -> None:
    dispatch_id = a_rejected(billing)
    billing.tenant_id = new_id()
    with pytest.raises(NotFound):
        desk.retry_dispatch(billing.begin(), dispatch_id, None, now=billing.clock())


def test_the_desk_lists_what_waits_for_a_person(billing: Billing) -> None:
    dispatch_id = a_rejected(billing)
    billing.approve(billing.customer())
    wanted = desk.DispatchFilter(attention=True)
    page = desk.list_dispatches(billing.read(), wanted, limit=10, after=None)
    assert [dispatch.id for dispatch in page.items] == [dispatch_id]


# --- connections ---


def wish(**changes: object) -> ConnectionWish:
    given = {
        "name": "Testi",
        "settings": {"url": "http://127.0.0.1"},
        "secrets": {"key": "hyvin-salainen"},
        "is_default": False,
        "active": True,
    }
    return ConnectionWish(**{**given, **changes})  # type: ignore[arg-type]


def create(billing: Billing, target: str = "fake", **changes: object) -> Connection:
    creation = Creation("connection", None, "", new_id())
    return create_connection(billing.begin(), billing.vault, creation, target, wish(**changes))


def test_secrets_are_sealed_for_their_connection_only(billing: Billing) -> None:
    connection = create(billing)
    assert b"salainen" not in connection.secrets
    assert billing.vault.unseal(connection.id, connection.secrets) == {"key": "hyvin-salainen"}
    with pytest.raises(UnreadableSecret):
        billing.vault.unseal(new_id(), connection.secrets)
    with billing.read() as uow:
        log = uow.session.execute(text("SELECT changes FROM audit_log")).scalars().all()
    assert log
    assert "salainen" not in str(log)


def test_the_first_connection_is_the_default_and_a_new_default_replaces_it(billing: Billing) -> None:
    first, second = create(billing), create(billing)
    assert (first.is_default, second.is_default) == (True, False)
    change_connection(
        billing.begin(),
        billing.vault,
        second.id,
        second.version,
        wish(secrets={}, is_default=True),
        now=billing.clock(),
    )
    with billing.read() as uow:
        defaults = uow.session.scalars(select(Connection.id).where(Connection.is_default)).all()
    assert defaults == [second.id]


def test_secrets_that_are_not_given_stay(billing: Billing) -> None:
    connection = create(billing)
    change_connection(
        billing.begin(), billing.vault, connection.id, None, wish(name="Uusi", secrets={}), now=billing.clock()
    )
    stored = get_connection(billing.read(), connection.id)
    assert stored.name == "Uusi"
    assert billing.vault.unseal(stored.id, stored.secrets) == {"key": "hyvin-salainen"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"settings": {}}, "/settings/url"),
        ({"settings": {"url": "x", "urll": "y"}}, "/settings/urll"),
        ({"secrets": {}}, "/secrets/key"),
        ({"secrets": {"key": "a", "kye": "b"}}, "/secrets/kye"),
        ({"secrets": {"key": ""}}, "/secrets/key"),
    ],
)
def test_wrong_settings_are_named(billing: Billing, changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        create(billing, **changes)
    assert pointer in [error.pointer for error in refused.value.errors]


def test_wrong_settings_and_secrets_are_named_together(billing: Billing) -> None:
    with pytest.raises(InvalidSettings) as refused:
        create(billing, settings={"urll": "y"}, secrets={"kye": "b"})
    pointers = {error.pointer for error in refused.value.errors}
    assert pointers == {"/settings/url", "/settings/urll", "/secrets/key", "/secrets/kye"}


def test_the_pointer_of_a_wrong_entry_leads_to_the_entry() -> None:
    with pytest.raises(InvalidSettings) as refused:
        checked_settings(TARGETS["netvisor"], {"vat_codes": {"S": "X", "S/abc": "KOMY"}, "dimensions": {"a": "b"}})
    pointers = [error.pointer for error in refused.value.errors]
    assert {"/settings/vat_codes/S", "/settings/vat_codes/S~1abc", "/settings/dimensions/a"} <= set(pointers)


def test_secrets_that_cannot_be_read_any_more_are_entered_again(billing: Billing) -> None:
    connection = create(billing)
    with billing.begin() as uow:
        uow.session.get_one(Connection, connection.id).secrets = b"sealed with another key"
        uow.commit()

    def change(secrets: dict[str, str]) -> Connection:
        return change_connection(
            billing.begin(), billing.vault, connection.id, None, wish(secrets=secrets), now=billing.clock()
        )

    with pytest.raises(InvalidSettings) as refused:
        change({"kye": "uusi"})
    assert {error.pointer for error in refused.value.errors} == {"/secrets/kye"}
    assert billing.vault.unseal(connection.id, change({"key": "uusi"}).secrets) == {"key": "uusi"}


def test_an_unknown_target_is_refused(billing: Billing) -> None:
    with pytest.raises(UnknownTarget):
        create(billing, target="tally")


def test_a_connection_with_documents_on_their_way_is_not_removed(billing: Billing) -> None:
    connection = billing.connect()
    billing.approve(billing.customer())
    with pytest.raises(ConnectionInUse):
        remove_connection(billing.begin(), connection, None)
    billing.dispatcher().run_once()
    assert remove_connection(billing.begin(), connection, None).active is False


def test_testing_a_connection_tells_what_to_correct(billing: Billing) -> None:
    connection = billing.connect()
    check_connection(billing.read(), billing.vault, connection)
    billing.target.problem = "Avain ei kelpaa."
    with pytest.raises(ConnectionProblem, match="Avain"):
        check_connection(billing.read(), billing.vault, connection)
