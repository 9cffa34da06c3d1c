"""Importing a workbook into a register: dry run, confirmation, undoing, and one report for all."""

from shared.imports.errors import ImportNotUndoable, RecordsTouched
from shared.imports.record import ImportFileRecord, ImportMappingRecord, ImportPartRecord, ImportRecord
from shared.imports.report import Action, Mode, PlannedRow, WrongRows, make_report, same_when_written
from shared.imports.run import ImportRequest, ImportTables, Register, Undo, run_import, undo_import
from shared.imports.target import ImportTarget

__all__ = [
    "Action",
    "ImportFileRecord",
    "ImportMappingRecord",
    "ImportNotUndoable",
    "ImportPartRecord",
    "ImportRecord",
    "ImportRequest",
    "ImportTables",
    "ImportTarget",
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
