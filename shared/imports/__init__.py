"""Importing a workbook into a register: dry run, confirmation, undoing, and one report for all."""

from shared.imports.errors import ImportNotUndoable, RecordsTouched
from shared.imports.record import ImportFileRecord, ImportMappingRecord, ImportRecord
from shared.imports.report import Action, Mode, PlannedRow, WrongRows, make_report, same_when_written
from shared.imports.run import ImportRequest, ImportTables, Register, Undo, run_import, undo_import

__all__ = [
    "Action",
    "ImportFileRecord",
    "ImportMappingRecord",
    "ImportNotUndoable",
    "ImportRecord",
    "ImportRequest",
    "ImportTables",
    "Mode",
    "PlannedRow",
    "RecordsTouched",
    "Register",
    "Undo",
    "WrongRows",
    "make_report",
    "run_import",
    "same_when_written",
    "undo_import",
]
