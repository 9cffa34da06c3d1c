"""Importing a workbook into a register: dry run, confirmation, and one report for both."""

from shared.imports.record import ImportRecord
from shared.imports.report import Action, Mode, PlannedRow, make_report
from shared.imports.run import ImportRequest, Register, run_import

__all__ = [
    "Action",
    "ImportRecord",
    "ImportRequest",
    "Mode",
    "PlannedRow",
    "Register",
    "make_report",
    "run_import",
]
