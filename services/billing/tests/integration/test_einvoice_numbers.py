"""The series of a connection, and documents on the whole way from approval to file."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from services.billing.adapters.finvoice.form import FinvoiceForm
from services.billing.adapters.kind import Site
from services.billing.adapters.peppol.form import PeppolForm
from services.billing.adapters.registry import built_in
from services.billing.app.connections import ConnectionWish, Vault, create_connection
from services.billing.app.desk import skip_dispatch
from services.billing.app.dispatcher import AFTER_RECORD, AFTER_SEND
from services.billing.app.links import DatabaseLinks
from services.billing.app.numbers import NumberState, list_numbers
from services.billing.domain.errors import InvalidSettings
from services.billing.domain.numbering import NumberSeries
from services.billing.models import ConnectionNumber
from services.billing.tests.einvoices import FINVOICE_SETTINGS, SETTINGS
from services.billing.tests.integration.conftest import OTHER_TENANT, Billing
from services.billing.tests.targets import fault_server, http_reply
from shared.bus.failpoints import armed
from shared.clock import utc_now
from shared.crypto import SecretBox
from shared.db.database import Creation
from shared.ids import new_id

FIRST = 1000
"""Where the series of a connection begins unless its settings say otherwise."""


class Died(BaseException):
    """The process is gone: no handler of `Exception` may see it."""


def die() -> None:
    raise Died


def with_files(billing: Billing, root: Path) -> Billing:
    """The service with the real targets, whose folders are below `root`."""
    return replace(
        billing, vault=Vault(built_in(Site(export_root=root, private_webhooks=True)), SecretBox(bytes(range(32))))
    )


def connect(billing: Billing, target: str = "finvoice", **changes: Any) -> str:
    settings = {**(FINVOICE_SETTINGS if target == "finvoice" else SETTINGS), **changes}
    wish = ConnectionWish("Verkkolaskut", settings, {}, True, True)
    return create_connection(billing.begin(), billing.vault, Creation("c", None, "", new_id()), target, wish).id


def links(billing: Billing, connection_id: str) -> DatabaseLinks:
    return DatabaseLinks(billing.database, billing.context, connection_id, clock=utc_now)


@pytest.fixture
def filing(billing: Billing, tmp_path: Path) -> Billing:
    return with_files(billing, tmp_path)


def test_numbers_follow_each_other_and_stay(filing: Billing) -> None:
    connection_id = connect(filing)
    series = links(filing, connection_id)
    assert isinstance(series, NumberSeries)
    first = [series.number_for(f"URK-{n}", first=500) for n in range(5)]
    again = [links(filing, connection_id).number_for(f"URK-{n}", first=500) for n in range(5)]
    assert [each.number for each in first] == [500, 501, 502, 503, 504]
    assert again == first


def test_each_connection_has_its_own_series(filing: Billing) -> None:
    one, other = connect(filing), connect(filing, "peppol")
    numbers = [
        links(filing, each).number_for("URK-1", first=first).number for each, first in ((one, 100), (other, 900))
    ]
    assert numbers == [100, 900]


def test_a_series_goes_on_from_a_higher_first_number(filing: Billing) -> None:
    series = links(filing, connect(filing))
    assert [series.number_for(f"URK-{n}", first=first).number for n, first in enumerate((500, 100, 700, 500))] == [
        500,
        501,
        700,
        701,
    ]


def test_racing_processes_leave_no_gap_and_no_twin(billing_pg: Billing, tmp_path: Path) -> None:
    """Eight at a time, each key asked for by four of them."""
    filing = with_files(billing_pg, tmp_path)
    connection_id = connect(filing)
    start, given = threading.Barrier(8), []

    def ask(place: int) -> None:
        series = links(filing, connection_id)
        start.wait(timeout=10)
        given.extend((key, series.number_for(f"URK-{key}", first=100).number) for key in range(place % 2, 40, 2))

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(given) == 8 * 20
    assert len(set(given)) == 40
    assert sorted({number for _, number in given}) == list(range(100, 140))


def test_the_database_itself_refuses_a_second_document_on_a_number(filing: Billing) -> None:
    connection_id = connect(filing)
    links(filing, connection_id).number_for("URK-1", first=100)
    twin = ConnectionNumber(connection_id=connection_id, number=100, document_key="URK-2", issued_at=utc_now())
    with filing.begin() as uow:
        uow.session.add(twin)
        with pytest.raises(IntegrityError):
            uow.session.flush()


def test_another_tenant_sees_no_numbers(filing: Billing) -> None:
    connection_id = connect(filing)
    links(filing, connection_id).number_for("URK-1", first=100)
    assert list_numbers(replace(filing, tenant_id=OTHER_TENANT).read(), connection_id) == []


# --- the whole way ---


@pytest.mark.parametrize(("target", "form"), [("finvoice", FinvoiceForm()), ("peppol", PeppolForm())])
def test_approved_orders_become_numbered_files(
    filing: Billing, tmp_path: Path, target: str, form: FinvoiceForm | PeppolForm
) -> None:
    connection_id = connect(filing, target)
    customer = filing.customer()
    filing.product()
    for number in range(3):
        filing.approve(customer, references={"order_number": f"PO-{number}"})

    filing.dispatcher().run_once()

    files = sorted((tmp_path / "out").glob("*.xml"))
    documents = {document.key: document for document in filing.documents("accepted")}
    assert {path.stem for path in files} == set(documents)
    read = {path.stem: form.read(path.read_bytes()) for path in files}
    assert sorted(each.number for each in read.values()) == ["1000", "1001", "1002"]
    assert all(read[key].gross == document.gross for key, document in documents.items())
    listed = list_numbers(filing.read(), connection_id)
    assert [each.state for each in listed] == [NumberState.USED] * 3
    assert {each.target_number for each in filing.dispatches()} == {"1000", "1001", "1002"}
    assert not any(dispatch.difference for dispatch in filing.dispatches())
    filing.check()


@pytest.mark.parametrize("point", [AFTER_RECORD, AFTER_SEND])
def test_a_death_while_sending_leaves_one_file_with_one_number(filing: Billing, tmp_path: Path, point: str) -> None:
    connection_id = connect(filing)
    filing.vault.open(connection_id, "finvoice", FINVOICE_SETTINGS, filing.vault.seal(connection_id, {})).check()
    filing.approve(filing.customer())

    with armed(point, die), pytest.raises(Died):
        filing.dispatcher("process-1").run_once()
    for _ in range(8):
        filing.pass_time(200)
        filing.dispatcher("process-2").run_once()

    (document,) = filing.documents("accepted")
    assert [path.stem for path in (tmp_path / "out").glob("*.xml")] == [document.key]
    assert [each.number for each in list_numbers(filing.read(), connection_id)] == [FIRST]
    assert filing.the_dispatch().target_number == str(FIRST)


def test_the_number_of_a_document_that_is_never_sent_is_void(filing: Billing) -> None:
    with fault_server(http_reply(b"", "422 No"), http_reply(b"")) as server:
        connection_id = connect(filing, delivery="http", http_url=server.url)
        customer = filing.customer()
        filing.approve(customer)
        filing.dispatcher().run_once()
        refused = filing.the_dispatch()
        assert refused.state == "rejected"
        assert [each.state for each in list_numbers(filing.read(), connection_id)] == [NumberState.OPEN]

        skip_dispatch(filing.begin(), refused.id, refused.version, "Käsin", close_rows=True, now=filing.clock())
        filing.approve(customer)
        filing.dispatcher().run_once()

    listed = list_numbers(filing.read(), connection_id)
    assert [(each.number, each.state) for each in listed] == [
        (FIRST, NumberState.VOID),
        (FIRST + 1, NumberState.USED),
    ]


def test_a_document_that_is_refused_before_it_is_written_takes_no_number(filing: Billing) -> None:
    connection_id = connect(filing)
    filing.approve(filing.customer(einvoice_address=None))
    filing.dispatcher().run_once()
    dispatch = filing.the_dispatch()
    assert (dispatch.state, dispatch.error_code) == ("rejected", "einvoice.buyer_address_missing")
    assert dispatch.error_pointer == "/payer/einvoice_address"
    assert list_numbers(filing.read(), connection_id) == []


def test_settings_name_what_a_delivery_needs(filing: Billing) -> None:
    with pytest.raises(InvalidSettings) as refused:
        connect(filing, delivery="http", folder="../etc", bank_accounts=[])
    assert {error.pointer for error in refused.value.errors} >= {"/settings/folder", "/settings/bank_accounts"}
    with pytest.raises(InvalidSettings) as refused:
        connect(filing, delivery="sftp")
    assert {error.pointer for error in refused.value.errors} == {
        "/settings/sftp_host",
        "/settings/sftp_user",
        "/settings/sftp_host_key",
    }
