"""What an import did, or would do: every row with its fate, every wrong cell with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from shared.errors import FieldError
from shared.excel.cells import clean
from shared.excel.table import CellError, CellWarning, ParsedRow, TableReading
from shared.excel.workbook import column_letter


class Mode(StrEnum):
    """Whether the import only says what it would do."""

    DRY_RUN = "dry_run"
    CONFIRM = "confirm"


class WrongRows(StrEnum):
    """What wrong rows do to the good ones when an import is confirmed."""

    LEAVE_OUT = "leave_out"
    STOP = "stop"


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
    before     what the changed fields were
    stored     the whole record as it is after the import
    remarks    what someone should look at, though the row is taken in; pointers as in `problems`
    """

    row: ParsedRow
    action: Action
    key: str
    label: str
    record_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[FieldError, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[FieldError, ...] = ()


def make_report(
    mode: Mode, reading: TableReading, planned: Sequence[PlannedRow], versions: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return the report as JSON values.

    versions  id → version of what was written; None when nothing was

    `counts` has created, changed, unchanged, refused (rows); `rows` the fate of every good row, `refused_rows` what
    could be read of the others; `errors` and `warnings` the cells, in the order of the sheet.
    """
    return compose_report(mode, reading, [report_part(reading, planned, versions)])


def empty_report(mode: Mode) -> dict[str, Any]:
    """Return the report of an import that has not read its file yet."""
    lists = ("rows", "refused_rows", "errors", "warnings", "skipped", "unknown_columns")
    counts = {action.value: 0 for action in Action}
    found = {"mode": mode.value, "sheet": "", "header_row": 0, "columns": {}, "counts": counts}
    return {**found, **{name: [] for name in lists}}


def report_part(
    reading: TableReading, planned: Sequence[PlannedRow], versions: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return what became of some rows: `rows`, `refused_rows`, `errors` and `warnings` as in the whole report."""
    good = [plan for plan in planned if plan.action is not Action.REFUSED]
    return {
        "rows": [_shown(plan, versions or {}) for plan in good],
        "refused_rows": [
            {"row": plan.row.row_number, "key": plan.key, "values": plain(plan.row.values)}
            for plan in planned
            if plan.action is Action.REFUSED
        ],
        "errors": [asdict(one) for plan in planned for one in _cells(reading, plan, plan.problems, CellError)],
        "warnings": [asdict(one) for plan in planned for one in _cells(reading, plan, plan.remarks, CellWarning)],
    }


def compose_report(mode: Mode, reading: TableReading, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the whole report: what the reading found, and the parts (`report_part`) of the rows."""
    rows = sorted((row for part in parts for row in part["rows"]), key=lambda row: int(row["row"]))
    errors = [*map(asdict, reading.errors), *(one for part in parts for one in part["errors"])]
    warnings = [*map(asdict, reading.warnings), *(one for part in parts for one in part["warnings"])]
    refused = [{"row": row, "key": "", "values": plain(values)} for row, values in reading.refused.items()]
    refused += [row for part in parts for row in part["refused_rows"]]
    counts = Counter(row["action"] for row in rows)
    counts[Action.REFUSED.value] = len({error["row"] for error in errors})
    return {
        "mode": mode.value,
        "sheet": reading.sheet,
        "header_row": reading.header_row,
        "columns": dict(reading.columns),
        "counts": {action.value: counts[action.value] for action in Action},
        "rows": rows,
        "refused_rows": sorted(refused, key=lambda row: int(row["row"])),
        "errors": sorted(errors, key=_place),
        "warnings": sorted(warnings, key=_place),
        "skipped": [{"row": row, "reason": str(why)} for row, why in sorted(reading.skipped.items())],
        "unknown_columns": list(reading.unknown_columns),
    }


def _place(remark: Mapping[str, Any]) -> tuple[int, int]:
    return int(remark["row"]), int(remark["column"])


def same_when_written(before: Any, after: Any) -> bool:
    """Say whether a value is what it was, but for blanks and invisible signs that a cell cannot keep."""
    if isinstance(before, str) and isinstance(after, str):
        return before == after or clean(before).split() == clean(after).split()
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(same_when_written(before[key], after[key]) for key in before)
    return bool(before == after)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: decimals and days as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def _shown(plan: PlannedRow, versions: Mapping[str, int]) -> dict[str, Any]:
    is_change = plan.action is Action.CHANGED
    return {
        "row": plan.row.row_number,
        "action": plan.action.value,
        "id": plan.record_id,
        "version": versions.get(str(plan.record_id)),
        "key": plan.key,
        "name": plan.label,
        "fields": sorted(plan.values) if is_change else [],
        "changes": [
            {"field": name, "old": plain(plan.before.get(name)), "new": plain(plan.values[name])}
            for name in sorted(plan.values)
            if is_change
        ],
        "values": plain(plan.stored),
    }


C = TypeVar("C", bound=CellError)


def _cells(reading: TableReading, plan: PlannedRow, problems: Sequence[FieldError], kind: type[C]) -> list[C]:
    """Turn what the register says into remarks on cells; a field without a column stands at the first one."""
    found = []
    for problem in problems:
        name = problem.pointer.strip("/").split("/")[-1]
        number = reading.column_numbers.get(name) or min(reading.column_numbers.values(), default=1)
        value = plan.row.values.get(name)
        found.append(
            kind(
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
