"""One import, from the reading of the workbook to the job record, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from shared.db import UnitOfWork, get_or_404
from shared.db.database import Creation
from shared.excel.table import ParsedRow, TableReading
from shared.imports.record import ImportRecord
from shared.imports.report import Action, Mode, PlannedRow, make_report

R = TypeVar("R", bound=ImportRecord)


class Register(Protocol):
    """The records that rows become, inside an open unit of work."""

    def plan(self, rows: Sequence[ParsedRow]) -> list[PlannedRow]:
        """Say what each row would do, writing nothing; one plan for each row, in order."""

    def write(self, planned: Sequence[PlannedRow]) -> None:
        """Carry out the plans that create or change."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What the caller asked for.

    creation     makes a repeated request give the first one's answer
    file_sha256  hex digest of the file's bytes
    """

    creation: Creation
    mode: Mode
    file_name: str
    file_sha256: str


def run_import(
    uow: UnitOfWork,
    record_type: type[R],
    register: Register,
    reading: TableReading,
    request: ImportRequest,
    *,
    now: datetime,
) -> R:
    """Plan all good rows and, when confirmed, write them and their events together; returns the job record.

    A dry run stores nothing but that record. Wrong rows are reported and left out; they do not stop the good ones.
    """
    with uow:
        if old := uow.repeated(request.creation):
            return get_or_404(uow.session, record_type, old)
        planned = register.plan(reading.rows)
        confirmed = request.mode is Mode.CONFIRM
        if confirmed:
            register.write([plan for plan in planned if plan.action in (Action.CREATED, Action.CHANGED)])
        record = record_type()
        record.id = request.creation.id
        record.state = "confirmed" if confirmed else "dry_run"
        record.file_name = request.file_name
        record.file_sha256 = request.file_sha256
        record.created_by = uow.context.actor
        record.created_at = now
        record.report = make_report(request.mode, reading, planned)
        uow.session.add(record)
        uow.session.flush()
        uow.created(request.creation, record.id)
        uow.commit()
    return record
