"""Imports as jobs: ordered over HTTP, done by a worker, cancelled, taken up again; on both databases."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest
from openpyxl import Workbook
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from services.customers.api.imports import TABLES, TARGETS
from services.customers.models import Import, ImportFile
from shared.context import system_context
from shared.excel.errors import NotAWorkbook
from shared.excel.table import TableReading
from shared.imports import jobs
from shared.imports.jobs import ImportWorker
from shared.imports.target import ImportTarget
from shared.testing.service import Caller, ServiceUnderTest

HEADER = ("Nimi", "Asiakasnumero", "Y-tunnus")


class Died(BaseException):
    """Stands for the end of a process: nothing after it runs, least of all a handler of errors."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows in a transaction, so that few rows make several."""
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 3)


@pytest.fixture(autouse=True)
def nothing_left(service: ServiceUnderTest) -> Iterator[None]:
    """Let no job of one test be taken up in another."""
    yield
    with service.database.begin(system_context("test")) as uow:
        uow.session.execute(update(Import).values(job_state="done"))
        uow.commit()


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def customers(count: int) -> bytes:
    return workbook(HEADER, *((f"Malli {number} Oy", f"N{number}", None) for number in range(1, count + 1)))


def order(caller: Caller, content: bytes, query: str = "mode=confirm", **options: object) -> TestResponse:
    return caller.post(
        f"/imports?{query}&job=yes",
        data={"file": (io.BytesIO(content), "asiakkaat.xlsx"), **dict(options.pop("form", {}))},
        content_type="multipart/form-data",
        **options,
    )


def worker(service: ServiceUnderTest, targets: tuple[ImportTarget, ...] = TARGETS) -> ImportWorker:
    return ImportWorker(service.database, TABLES, targets)


def change(service: ServiceUnderTest, import_id: str, **values: object) -> None:
    with service.begin() as uow:
        uow.session.execute(update(Import).where(Import.id == import_id).values(**values))
        uow.commit()


def names(caller: Caller) -> list[str]:
    return sorted(one["number"] for one in caller.get("/customers?limit=100").json["items"])


class Dying:
    """Targets whose register dies before the part in which the row `number` is written."""

    def __init__(self, number: str) -> None:
        self._number = number

    @property
    def targets(self) -> tuple[ImportTarget, ...]:
        return tuple(self._dying(target) for target in TARGETS)

    def _dying(self, target: ImportTarget) -> ImportTarget:
        def open_dying(*parts: object) -> object:
            register = target.open(*parts)
            write = register.write

            def write_or_die(planned: object) -> object:
                versions = write(planned)
                if any(plan.values.get("number") == self._number for plan in planned):
                    raise Died
                return versions

            register.write = write_or_die
            return register

        changed = {name: getattr(target, name) for name in ("layout", "fields", "reader", "run", "undo", "rows_alone")}
        return ImportTarget(**changed, open=open_dying)


def test_an_ordered_import_waits_is_done_by_a_worker_and_shows_how_far_it_has_come(
    office: Caller, service: ServiceUnderTest
) -> None:
    answer = order(office, customers(7))
    assert answer.status_code == 202
    waiting = answer.json
    assert answer.headers["Location"].endswith(f"/imports/{waiting['id']}")
    assert (waiting["state"], waiting["job"]["state"], waiting["job"]["percent"]) == ("running", "waiting", 0)
    assert names(office) == []
    assert worker(service).run_next(Event())
    done = office.get(f"/imports/{waiting['id']}").json
    assert (done["state"], done["job"]["state"], done["job"]["percent"]) == ("confirmed", "done", 100)
    assert (done["job"]["rows_total"], done["job"]["rows_done"], done["counts"]["created"]) == (7, 7, 7)
    assert [row["row"] for row in done["rows"]] == list(range(2, 9))
    assert len(service.events("customer.changed.v1")) == 7
    assert not worker(service).run_next(Event())


def test_a_job_says_what_the_same_import_within_a_request_says(
    office: Caller, stranger: Caller, service: ServiceUnderTest
) -> None:
    content = workbook(
        HEADER,
        ("A", "1", "9000011-8"), ("B", "2", "9000048-0"), ("C", "3", None), ("D", "3", None), ("E", None, None),
        ("E", None, None), ("F", "9" * 30, None), ("G", "4", "9000085-5"),
    )  # fmt: skip
    for query in ("mode=dry_run", "mode=confirm&wrong_rows=stop", "mode=confirm"):
        ordered = order(office, content, query).json
        worker(service).run_next(Event())
        by_job = office.get(f"/imports/{ordered['id']}").json
        at_once = stranger.post(
            f"/imports?{query}", data={"file": (io.BytesIO(content), "x.xlsx")}, content_type="multipart/form-data"
        ).json
        for name in ("state", "counts", "errors", "warnings", "skipped", "columns"):
            assert by_job[name] == at_once[name], (query, name)
        same = [[{**row, "id": None} for row in one["rows"]] for one in (by_job, at_once)]
        assert same[0] == same[1]
        assert by_job["job"]["state"] == ("ready" if query == "mode=dry_run" else "done")
    assert names(office) == names(stranger)


def test_a_client_may_prefer_not_to_wait_and_a_repeated_order_is_one_job(office: Caller) -> None:
    content = customers(1)

    def send(**headers: str) -> TestResponse:
        return office.post(
            "/imports?mode=confirm",
            data={"file": (io.BytesIO(content), "x.xlsx")},
            content_type="multipart/form-data",
            headers=headers,
        )

    preferring = {"Prefer": "respond-async", "Idempotency-Key": "once"}
    first, second = send(**preferring), send(**preferring)
    assert (first.status_code, second.status_code, first.json["id"]) == (202, 202, second.json["id"])
    assert send().status_code == 200


def test_what_a_dead_worker_left_is_gone_on_with_and_nothing_is_written_twice(
    office: Caller, service: ServiceUnderTest
) -> None:
    ordered = order(office, customers(8)).json
    with pytest.raises(Died):
        worker(service, Dying("N5").targets).run_next(Event())
    assert names(office) == ["N1", "N2", "N3"]
    halfway = office.get(f"/imports/{ordered['id']}").json
    assert (halfway["job"]["state"], halfway["job"]["rows_done"]) == ("writing", 3)
    assert 30 < halfway["job"]["percent"] < 99
    assert not worker(service).run_next(Event())  # the lease still holds
    worker(service).release_all()
    assert worker(service).run_next(Event())
    done = office.get(f"/imports/{ordered['id']}").json
    assert (done["state"], done["job"]["attempts"], done["counts"]["created"]) == ("confirmed", 2, 8)
    assert len(service.events("customer.changed.v1")) == 8
    assert office.post(f"/imports/{ordered['id']}/undo").json["state"] == "undone"
    assert names(office) == []


def test_all_or_nothing_leaves_nothing_behind_when_the_worker_dies(office: Caller, service: ServiceUnderTest) -> None:
    order(office, customers(8), "mode=confirm&wrong_rows=stop")
    with pytest.raises(Died):
        worker(service, Dying("N8").targets).run_next(Event())
    assert names(office) == []
    assert service.events() == []


def test_a_worker_that_lost_its_job_writes_nothing_more(office: Caller, service: ServiceUnderTest) -> None:
    ordered = order(office, customers(6)).json
    slow = worker(service)
    mine = slow._take_up(jobs.utc_now())
    assert mine is not None
    slow.release_all()
    assert worker(service).run_next(Event())
    with pytest.raises(jobs._Lost):
        slow._run(mine, Event())
    assert len(service.events("customer.changed.v1")) == 6
    assert office.get(f"/imports/{ordered['id']}").json["state"] == "confirmed"


def test_a_waiting_job_is_cancelled_at_once_and_only_once(
    office: Caller, stranger: Caller, service: ServiceUnderTest
) -> None:
    ordered = order(office, customers(2)).json
    assert stranger.post(f"/imports/{ordered['id']}/cancel").status_code == 404
    assert service.caller("customers.read").post(f"/imports/{ordered['id']}/cancel").status_code == 403
    cancelled = office.post(f"/imports/{ordered['id']}/cancel").json
    assert (cancelled["state"], cancelled["job"]["state"]) == ("cancelled", "cancelled")
    assert office.post(f"/imports/{ordered['id']}/cancel").json["code"] == "import.not_running"
    assert office.post(f"/imports/{ordered['id']}/undo").json["code"] == "import.not_undoable"
    assert not worker(service).run_next(Event())


def test_a_running_job_is_cancelled_before_its_next_part_and_can_be_undone(
    office: Caller, service: ServiceUnderTest
) -> None:
    ordered = order(office, customers(8)).json
    with pytest.raises(Died):
        worker(service, Dying("N5").targets).run_next(Event())
    assert office.post(f"/imports/{ordered['id']}/cancel").json["job"]["cancel_requested"] is True
    worker(service).release_all()
    worker(service).run_next(Event())
    cancelled = office.get(f"/imports/{ordered['id']}").json
    assert (cancelled["state"], cancelled["counts"]["created"], len(cancelled["rows"])) == ("cancelled", 3, 3)
    assert names(office) == ["N1", "N2", "N3"]
    assert office.post(f"/imports/{ordered['id']}/undo").json["state"] == "undone"
    assert names(office) == []


def test_a_job_stops_with_its_process_and_lets_another_go_on_at_once(office: Caller, service: ServiceUnderTest) -> None:
    order(office, customers(4))
    stop = Event()
    stop.set()
    worker(service).run_next(stop)
    assert names(office) == []
    assert worker(service).run_next(Event())
    assert len(names(office)) == 4


@pytest.mark.parametrize(
    ("content", "code"), [(b"PK\x03\x04 broken", "workbook.unreadable"), (workbook(("a", "b")), "workbook.no_table")]
)
def test_a_file_that_cannot_be_read_fails_with_the_reason(
    office: Caller, service: ServiceUnderTest, content: bytes, code: str
) -> None:
    ordered = order(office, content).json
    worker(service).run_next(Event())
    failed = office.get(f"/imports/{ordered['id']}").json
    assert (failed["state"], failed["job"]["state"], failed["job"]["problem"]["code"]) == ("failed", "failed", code)
    assert failed["job"]["problem"]["detail"]


def test_a_job_that_kills_every_worker_is_given_up(office: Caller, service: ServiceUnderTest) -> None:
    ordered = order(office, customers(4)).json
    for _ in range(jobs.MOST_ATTEMPTS):
        worker(service).release_all()
        with pytest.raises(Died):
            worker(service, Dying("N1").targets).run_next(Event())
    worker(service).release_all()
    assert worker(service).run_next(Event())
    failed = office.get(f"/imports/{ordered['id']}").json
    assert (failed["state"], failed["job"]["problem"]["code"]) == ("failed", "import.given_up")


def test_what_was_written_can_be_undone_when_the_job_is_given_up_and_its_file_is_kept_no_more(
    office: Caller, service: ServiceUnderTest
) -> None:
    ordered, other = order(office, customers(8)).json, order(office, workbook(HEADER, ("Toinen Oy", "T1", None))).json
    with pytest.raises(Died):
        worker(service, Dying("N5").targets).run_next(Event())
    with service.begin() as uow:
        uow.session.execute(delete(ImportFile).where(ImportFile.import_id == ordered["id"]))
        uow.commit()
    worker(service).release_all()
    assert worker(service).run_next(Event())
    failed = office.get(f"/imports/{ordered['id']}").json
    assert (failed["job"]["state"], failed["counts"]["created"]) == ("failed", 3)
    assert worker(service).run_next(Event())
    assert office.get(f"/imports/{other['id']}").json["state"] == "confirmed"
    assert office.post(f"/imports/{ordered['id']}/undo").json["state"] == "undone"
    assert names(office) == ["T1"]


def test_a_job_of_a_register_that_is_unknown_here_waits_for_somebody_who_knows_it(
    office: Caller, service: ServiceUnderTest
) -> None:
    unknown, known = order(office, customers(1)).json, order(office, customers(2)).json
    change(service, unknown["id"], register="warehouses")
    assert worker(service).run_next(Event())
    assert office.get(f"/imports/{known['id']}").json["state"] == "confirmed"
    assert not worker(service).run_next(Event())
    change(service, unknown["id"], register="customers")
    assert worker(service).run_next(Event())
    assert office.get(f"/imports/{unknown['id']}").json["state"] == "confirmed"


@pytest.mark.parametrize("error", [RuntimeError("a slip"), OperationalError("SELECT", {}, Exception("gone"))])
def test_a_job_that_nobody_can_do_stands_in_no_others_way_and_is_given_up(
    office: Caller, service: ServiceUnderTest, error: Exception
) -> None:
    bad = order(office, customers(1)).json

    def fails(*_: object) -> ImportTarget:
        raise error

    targets = tuple(replace(target, of_tenant=fails) for target in TARGETS)
    for number in range(jobs.MOST_ATTEMPTS):
        good = order(office, workbook(HEADER, (f"Toinen {number} Oy", f"T{number}", None))).json
        worker(service).release_all()
        assert worker(service, targets).run_next(Event())
        assert worker(service).run_next(Event())
        assert office.get(f"/imports/{good['id']}").json["state"] == "confirmed"
    worker(service).release_all()
    assert worker(service, targets).run_next(Event())
    given_up = office.get(f"/imports/{bad['id']}").json
    assert (given_up["state"], given_up["job"]["problem"]["code"]) == ("failed", "import.given_up")


def test_an_order_that_cannot_be_understood_stands_in_no_others_way(office: Caller, service: ServiceUnderTest) -> None:
    strange, good = order(office, customers(1)).json, order(office, customers(2)).json
    change(service, strange["id"], job_request={"mode": "rehearse"})
    assert worker(service).run_next(Event())
    assert worker(service).run_next(Event())
    assert office.get(f"/imports/{good['id']}").json["state"] == "confirmed"


def test_a_job_that_fails_when_another_worker_has_it_already_leaves_the_end_to_that_one(
    office: Caller, service: ServiceUnderTest
) -> None:
    ordered = order(office, customers(2)).json

    def overtaken(*_: object) -> TableReading:
        worker(service).release_all()
        assert worker(service).run_next(Event())
        raise NotAWorkbook("too late")

    targets = tuple(replace(target, reader=overtaken, of_tenant=None) for target in TARGETS)
    assert worker(service, targets).run_next(Event())
    assert office.get(f"/imports/{ordered['id']}").json["state"] == "confirmed"


def test_columns_that_were_given_or_remembered_hold_for_the_job(office: Caller, service: ServiceUnderTest) -> None:
    content = workbook(("Sopimuskumppani", "Tunniste X"), ("Malli Oy", "77"))
    columns = json.dumps({"Sopimuskumppani": "name", "Tunniste X": "number"})
    for form in ({"columns": columns}, {}):
        ordered = order(office, content, "mode=dry_run&remember=true", form=form).json
        worker(service).run_next(Event())
        assert office.get(f"/imports/{ordered['id']}").json["rows"][0]["values"]["number"] == "77"


def test_a_number_that_a_later_part_gives_is_not_given_to_an_earlier_row(
    office: Caller, service: ServiceUnderTest
) -> None:
    rows = [("Ilman numeroa", None, None), *((f"N{number}", f"X{number}", None) for number in range(4))]
    ordered = order(office, workbook(HEADER, *rows, ("Numeroitu", "1001", None))).json
    worker(service).run_next(Event())
    done = office.get(f"/imports/{ordered['id']}").json
    assert (done["counts"]["created"], done["counts"]["changed"]) == (6, 0)
    assert names(office) == ["1001", "1002", "X0", "X1", "X2", "X3"]
