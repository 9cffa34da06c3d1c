"""Imports that run as jobs: taken up by a worker, cancelled, and gone on with when a worker died.

A job is a row of `imports` that has not ended. A worker that takes it up counts `attempts` up and holds a lease; every
transaction that writes for the job first locks its row and makes sure that the count is still its own, so of two
workers that both believe to have it only one can write. Good rows are written part by part: records, their outbox rows
and the part of the report in one transaction. Whoever takes the job up again leaves out the rows whose parts are there.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from shared.bus.wakeup import Wakeup, wait_or_stop
from shared.clock import utc_now
from shared.context import Context, system_context
from shared.db import Database, UnitOfWork, get_or_404
from shared.errors import UrakkaError
from shared.excel.table import ParsedRow, TableReading
from shared.imports.collecting import fewer_collections
from shared.imports.errors import GivenUp, ImportNotRunning
from shared.imports.report import Action, Mode, PlannedRow, WrongRows, compose_report, empty_report, report_part
from shared.imports.run import ImportRequest, ImportTables, keep_file, remember_columns
from shared.imports.states import RUNNING, JobState
from shared.imports.target import ImportTarget
from shared.telemetry import get_logger

log = get_logger("imports")

TOPIC: Final = "imports"
LEASE: Final = timedelta(seconds=30)
MOST_ATTEMPTS: Final = 5
ROWS_AT_ONCE: Final = 500
_LOOK_EVERY_S: Final = 5.0
_OPEN: Final = [state.value for state in RUNNING]


class _Lost(Exception):
    """Another worker has the job now."""


class _Cancelled(Exception):
    """Somebody does not want the import any more."""


class _Stopped(Exception):
    """This process ends; another goes on."""


def order_import(
    uow: UnitOfWork, tables: ImportTables, request: ImportRequest, columns: Mapping[str, str], *, now: datetime
) -> Any:
    """Store an import to be done by a worker; returns its record, in the state `waiting`.

    columns  header name, folded → field: given now, or remembered
    """
    with uow:
        if old := uow.repeated(request.creation):
            return get_or_404(uow.session, tables.record, old)
        record = tables.record(
            id=request.creation.id,
            register=request.register,
            state="running",
            file_name=request.file_name,
            file_sha256=request.file_sha256,
            created_by=uow.context.actor,
            created_at=now,
            undone_by=None,
            undone_at=None,
            report=empty_report(request.mode),
            job_state=JobState.WAITING.value,
            job_request={
                "mode": request.mode.value,
                "wrong_rows": request.wrong_rows.value,
                "columns": dict(columns),
                "correlation_id": uow.context.correlation_id,
            },
        )
        uow.session.add(record)
        keep_file(uow, tables, request, now)
        remember_columns(uow, tables, request)
        uow.session.flush()
        uow.created(request.creation, record.id)
        uow.nudge(TOPIC)
        uow.commit()
    return record


def cancel_import(uow: UnitOfWork, tables: ImportTables, import_id: str, *, now: datetime) -> Any:
    """Ask for the end of a job: at once while it waits, else before the next part. Raises ImportNotRunning.

    Rows that were written stay written and are in the report; undoing the import takes them back.
    """
    with uow:
        record = get_or_404(uow.session, tables.record, import_id, for_update=True)
        if record.job_state not in _OPEN:
            raise ImportNotRunning(f"The import is in the state {record.job_state}.")
        record.cancel_requested = True
        if record.job_state == JobState.WAITING and record.attempts == 0:
            record.state, record.job_state, record.ended_at = "cancelled", JobState.CANCELLED.value, now
        uow.commit()
    return record


def run_import_jobs(
    stop: threading.Event,
    *,
    database: Database,
    wakeup: Wakeup,
    tables: ImportTables,
    targets: Sequence[ImportTarget],
) -> None:
    """Loop: take up imports, one at a time, until `stop` is set. Several workers may do it at once."""
    worker = ImportWorker(database, tables, targets)
    if database.is_sqlite:  # one process owns the file: whoever held a lease is gone
        worker.release_all()
    while not stop.is_set():
        try:
            found = worker.run_next(stop)
        except SQLAlchemyError as error:
            found = False
            log.warning("import.will_try_again", error=type(error).__name__)
        if not found:
            wait_or_stop(wakeup, TOPIC, stop, _LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class _Job:
    """A job that was taken up; `attempt` is the right to write for it, `asked` the record's `job_request`."""

    id: str
    attempt: int
    context: Context
    target: ImportTarget
    asked: Mapping[str, Any]
    ordered_at: datetime

    @property
    def mode(self) -> Mode:
        return Mode(self.asked["mode"])

    @property
    def wrong_rows(self) -> WrongRows:
        return WrongRows(self.asked["wrong_rows"])

    @property
    def columns(self) -> Mapping[str, str]:
        columns: Mapping[str, str] = self.asked["columns"]
        return columns


class ImportWorker:
    """Does one import after the other."""

    def __init__(self, database: Database, tables: ImportTables, targets: Sequence[ImportTarget]) -> None:
        self._database, self._tables = database, tables
        self._targets = {target.register: target for target in targets}

    def release_all(self) -> None:
        """Let every job that a former process had be taken up at once."""
        record = self._tables.record
        with self._database.begin(system_context(TOPIC)) as uow:
            uow.session.execute(update(record).where(record.job_state.in_(_OPEN)).values(lease_until=None))
            uow.commit()

    def run_next(self, stop: threading.Event) -> bool:
        """Take up the oldest job that nobody works at, and do it; False if there is none.

        Whatever is wrong with a job ends no loop. After an error that nobody foresaw it is tried again, until it is
        given up, but only when its lease has run out, so that the others come first.
        """
        job = self._take_up(utc_now())
        if job is None:
            return False
        log.info("import.taken_up", import_id=job.id, attempt=job.attempt, tenant_id=job.context.tenant_id)
        try:
            self._do(job, stop)
        except _Lost:
            log.warning("import.lost", import_id=job.id, attempt=job.attempt)
        except SQLAlchemyError as error:
            log.warning("import.will_try_again", import_id=job.id, error=type(error).__name__)
        except Exception:
            log.exception("import.failed", import_id=job.id, attempt=job.attempt)
        return True

    def _do(self, job: _Job, stop: threading.Event) -> None:
        try:
            if job.attempt > MOST_ATTEMPTS:
                raise GivenUp(f"{MOST_ATTEMPTS} attempts did not come to an end.")
            with _Heartbeat(self._database, self._tables, job), fewer_collections():
                self._run(self._fitted(job), stop)
        except _Stopped:
            self._let_go(job)
        except _Cancelled:
            self._end_early(job, JobState.CANCELLED)
        except UrakkaError as error:
            log.warning("import.refused", import_id=job.id, code=error.code)
            self._end_early(job, JobState.FAILED, _problem(error))

    def _take_up(self, now: datetime) -> _Job | None:
        """Take the oldest free job of a register that is known here; a newer version may have ordered another."""
        record = self._tables.record
        free = or_(record.lease_until.is_(None), record.lease_until < now)
        mine = (record.job_state.in_(_OPEN), record.register.in_(self._targets), free)
        with self._database.begin(system_context(TOPIC)) as uow:
            statement = select(record).where(*mine).order_by(record.created_at).limit(1)
            found = uow.session.scalar(statement.with_for_update(skip_locked=True))
            if found is None:
                return None
            found.attempts += 1
            found.lease_until, found.started_at = now + LEASE, found.started_at or now
            job = self._job(found)
            uow.commit()
        return job

    def _fitted(self, job: _Job) -> _Job:
        with self._database.read(job.context) as uow:
            return replace(job, target=job.target.fitted(uow))

    def _job(self, found: Any) -> _Job:
        asked = found.job_request or {}
        return _Job(
            id=found.id,
            attempt=found.attempts,
            context=Context(found.tenant_id, found.created_by, correlation_id=asked.get("correlation_id", found.id)),
            target=self._targets[found.register],
            asked=asked,
            ordered_at=found.created_at,
        )

    def _run(self, job: _Job, stop: threading.Event) -> None:
        self._step(job, JobState.READING)
        reading = job.target.reader(io.BytesIO(self._content(job)), job.columns)
        self._step(job, JobState.CHECKING, rows_total=len(reading.rows))
        if job.mode is Mode.DRY_RUN:
            self._end(job, reading, [self._check(job, reading)], "dry_run", JobState.READY)
        elif job.wrong_rows is WrongRows.STOP or not job.target.rows_alone:
            self._write_at_once(job, reading)
        else:
            self._write_by_parts(job, reading, stop)

    def _check(self, job: _Job, reading: TableReading) -> dict[str, Any]:
        with self._database.read(job.context) as uow:
            return report_part(reading, job.target.open(uow, reading, job.ordered_at).plan(reading.rows))

    def _write_at_once(self, job: _Job, reading: TableReading) -> None:
        """Everything, or nothing, in one transaction."""
        self._step(job, JobState.WRITING)
        with self._database.begin(job.context) as uow:
            register = job.target.open(uow, reading, job.ordered_at)
            planned = register.plan(reading.rows)
            any_wrong = bool(reading.errors) or any(plan.action is Action.REFUSED for plan in planned)
            is_stopped = any_wrong and job.wrong_rows is WrongRows.STOP
            versions = None if is_stopped else register.write(_to_write(planned))
            record = self._fenced(uow, job)
            part = report_part(reading, planned, versions)
            self._close(uow, record, reading, [part], "stopped" if is_stopped else "confirmed", JobState.DONE)
            uow.commit()

    def _write_by_parts(self, job: _Job, reading: TableReading, stop: threading.Event) -> None:
        parts = self._parts(job)
        if not parts:
            parts = [self._check(job, reading)]
            self._keep_check(job, parts[0])
        self._step(job, JobState.WRITING)
        refused = {row["row"] for row in parts[0]["refused_rows"]}
        written = {row["row"] for part in parts[1:] for row in (*part["rows"], *part["refused_rows"])}
        left = [row for row in reading.rows if row.row_number not in refused | written]
        for start in range(0, len(left), ROWS_AT_ONCE):
            if stop.is_set():
                raise _Stopped
            number = len(written) + start
            self._write_part(job, reading, left[start : start + ROWS_AT_ONCE], number + 1)
        self._end(job, reading, self._parts(job), "confirmed", JobState.DONE)

    def _write_part(self, job: _Job, reading: TableReading, rows: Sequence[ParsedRow], number: int) -> None:
        with self._database.begin(job.context) as uow:
            record = self._fenced(uow, job)
            register = job.target.open(uow, reading, job.ordered_at)
            planned = register.plan(rows)
            part = report_part(reading, planned, register.write(_to_write(planned)))
            uow.session.add(self._tables.part(import_id=job.id, part=number, content={**part, "warnings": []}))
            record.rows_done = number - 1 + len(rows)
            uow.commit()

    def _keep_check(self, job: _Job, part: Mapping[str, Any]) -> None:
        """Keep what the check found wrong: a row that it refused stays refused, whatever is written before it."""
        with self._database.begin(job.context) as uow:
            self._fenced(uow, job)
            uow.session.add(self._tables.part(import_id=job.id, part=0, content={**part, "rows": []}))
            uow.commit()

    def _parts(self, job: _Job) -> list[dict[str, Any]]:
        part = self._tables.part
        with self._database.read(job.context) as uow:
            statement = select(part.content).where(part.import_id == job.id).order_by(part.part)
            return list(uow.session.scalars(statement))

    def _content(self, job: _Job) -> bytes:
        with self._database.read(job.context) as uow:
            return bytes(get_or_404(uow.session, self._tables.file, job.id).content)

    def _step(self, job: _Job, state: JobState, rows_total: int | None = None) -> None:
        with self._database.begin(job.context) as uow:
            record = self._fenced(uow, job)
            record.job_state = state.value
            if rows_total is not None:
                record.rows_total = rows_total
            uow.commit()

    def _fenced(self, uow: UnitOfWork, job: _Job) -> Any:
        """Lock the job's row; raises _Lost if it is another worker's now, _Cancelled if nobody wants it any more."""
        record = self._own(uow, job)
        if record.cancel_requested:
            raise _Cancelled
        return record

    def _own(self, uow: UnitOfWork, job: _Job) -> Any:
        record = get_or_404(uow.session, self._tables.record, job.id, for_update=True)
        if record.attempts != job.attempt or record.job_state not in _OPEN:
            raise _Lost
        return record

    def _end(
        self, job: _Job, reading: TableReading, parts: Sequence[Mapping[str, Any]], state: str, job_state: JobState
    ) -> None:
        with self._database.begin(job.context) as uow:
            self._close(uow, self._fenced(uow, job), reading, parts, state, job_state)
            uow.commit()

    def _close(
        self,
        uow: UnitOfWork,
        record: Any,
        reading: TableReading,
        parts: Sequence[Mapping[str, Any]],
        state: str,
        job_state: JobState,
    ) -> None:
        record.report = compose_report(Mode(record.job_request["mode"]), reading, parts)
        record.state, record.job_state, record.ended_at = state, job_state.value, utc_now()
        record.rows_done, record.lease_until = record.rows_total, None
        uow.session.execute(delete(self._tables.part).where(self._tables.part.import_id == record.id))

    def _end_early(self, job: _Job, end: JobState, problem: Mapping[str, Any] | None = None) -> None:
        """What was written by then stays, and is in the report, so that it can be undone."""
        parts = self._parts(job)
        reading = self._readable(job) if parts else None
        with self._database.begin(job.context) as uow:
            record = self._own(uow, job)
            done = record.rows_done
            if reading is not None:
                self._close(uow, record, reading, parts, end.value, end)
                record.rows_done = done
            record.state, record.job_state, record.problem = end.value, end.value, problem
            record.ended_at, record.lease_until = utc_now(), None
            uow.commit()

    def _readable(self, job: _Job) -> TableReading:
        """What the file holds; nothing, if it is kept no more: the parts tell what was written."""
        try:
            return self._fitted(job).target.reader(io.BytesIO(self._content(job)), job.columns)
        except UrakkaError:
            return TableReading(sheet="", header_row=0, columns={}, rows=(), errors=(), warnings=())

    def _let_go(self, job: _Job) -> None:
        record = self._tables.record
        try:
            with self._database.begin(job.context) as uow:
                mine = (record.id == job.id, record.attempts == job.attempt)
                uow.session.execute(update(record).where(*mine).values(lease_until=None))
                uow.commit()
        except SQLAlchemyError as error:
            log.warning("import.lease_runs_out", import_id=job.id, error=type(error).__name__)


class _Heartbeat:
    """Prolongs the lease of a job while it is being done."""

    def __init__(self, database: Database, tables: ImportTables, job: _Job) -> None:
        self._database, self._tables, self._job = database, tables, job
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="import-lease", daemon=True)

    def __enter__(self) -> None:
        if not self._database.is_sqlite:  # there one process has them all, and a long transaction lets nobody write
            self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(LEASE.total_seconds())

    def _beat(self) -> None:
        record = self._tables.record
        mine = (record.id == self._job.id, record.attempts == self._job.attempt, record.job_state.in_(_OPEN))
        while not self._over.wait(LEASE.total_seconds() / 3):
            try:
                with self._database.begin(self._job.context) as uow:
                    uow.session.execute(update(record).where(*mine).values(lease_until=utc_now() + LEASE))
                    uow.commit()
            except SQLAlchemyError as error:
                log.warning("import.lease_not_prolonged", error=type(error).__name__)


def _to_write(planned: Sequence[PlannedRow]) -> list[PlannedRow]:
    return [plan for plan in planned if plan.action in (Action.CREATED, Action.CHANGED)]


def _problem(error: UrakkaError) -> dict[str, Any]:
    errors = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in error.errors]
    return {"code": error.code, "title": error.title, "detail": error.detail, "errors": errors, **error.facts}
