"""What an import did, or would do: every row with its fate, every wrong cell with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from shared.errors import FieldError
from shared.excel.table import CellError, ParsedRow, TableReading
from shared.excel.workbook import column_letter


class Mode(StrEnum):
    """Whether the import only says what it would do."""

    DRY_RUN = "dry_run"
    CONFIRM = "confirm"


class Action(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What is to be done with one row.

    key        by which the record is known again (business ID, number, code, fingerprint)
    label      what a person recognises: its name
    record_id  of the record that exists or is to be made; None if refused
    values     fields to write: all of a new record, the changed ones of an existing one
    problems   why it is refused; pointers name fields (`/business_id`)
    """

    row: ParsedRow
    action: Action
    key: str
    label: str
    record_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[FieldError, ...] = ()


def make_report(mode: Mode, reading: TableReading, planned: Sequence[PlannedRow]) -> dict[str, Any]:
    """Return the report as JSON values.

    `counts` has created, changed, unchanged, refused (rows); `rows` the fate of every good row; `errors` and
    `warnings` the cells, in the order of the sheet. In a dry run nothing of it was written.
    """
    errors = [*reading.errors, *(error for plan in planned for error in _cell_errors(reading, plan))]
    errors.sort(key=lambda error: (error.row, error.column))
    counts = Counter(plan.action.value for plan in planned if plan.action is not Action.REFUSED)
    refused = {error.row for error in errors}
    return {
        "mode": mode.value,
        "sheet": reading.sheet,
        "header_row": reading.header_row,
        "counts": {action.value: counts[action.value] for action in Action if action is not Action.REFUSED}
        | {Action.REFUSED.value: len(refused)},
        "rows": [_shown(plan) for plan in planned if plan.action is not Action.REFUSED],
        "errors": [asdict(error) for error in errors],
        "warnings": [asdict(warning) for warning in reading.warnings],
        "skipped": [{"row": row, "reason": str(why)} for row, why in sorted(reading.skipped.items())],
        "unknown_columns": list(reading.unknown_columns),
    }


def _shown(plan: PlannedRow) -> dict[str, Any]:
    return {
        "row": plan.row.row_number,
        "action": plan.action.value,
        "id": plan.record_id,
        "key": plan.key,
        "name": plan.label,
        "fields": sorted(plan.values) if plan.action is Action.CHANGED else [],
    }


def _cell_errors(reading: TableReading, plan: PlannedRow) -> list[CellError]:
    """Turn what the register says into errors of cells; a field without a column stands at the first one."""
    found = []
    for problem in plan.problems:
        name = problem.pointer.strip("/").split("/")[-1]
        number = reading.column_numbers.get(name) or min(reading.column_numbers.values(), default=1)
        value = plan.row.values.get(name)
        found.append(
            CellError(
                sheet=reading.sheet,
                row=plan.row.row_number,
                column=number,
                column_letter=column_letter(number),
                field=name,
                value=None if value is None else str(value)[:200],
                code=problem.code,
                reason=problem.detail,
            )
        )
    return found
