"""What the imports of one register consist of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from shared.db import UnitOfWork
from shared.excel.layout import Layout
from shared.excel.table import TableReading
from shared.imports.run import Register, Undo

ReadTable = Callable[[BinaryIO, Mapping[str, str]], TableReading]
"""(stream, header name folded → field) → what was read."""
RunImport = Callable[..., Any]
"""(uow, reading, ImportRequest, now=datetime) → the job record."""
MakeRegister = Callable[[UnitOfWork, TableReading, datetime], Register]
"""(uow, reading, now) → the register inside the unit of work."""


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """A register that can be imported into.

    reader      reads the file before the transaction begins; its errors are problem documents
    run         plans and writes
    undo        makes what takes an import back
    layout      the register as a table
    fields      every field that a column may be
    open        the register for a job
    rows_alone  no row's record is touched by another row, so that a job may write good rows part by part
    of_tenant   adds the columns that the tenant defined itself; None: every tenant has the same
    """

    layout: Layout
    fields: frozenset[str]
    reader: ReadTable
    run: RunImport
    undo: Callable[[UnitOfWork], Undo]
    open: MakeRegister
    rows_alone: bool = False
    of_tenant: Callable[[UnitOfWork], ImportTarget] | None = None

    @property
    def register(self) -> str:
        """Name of the register."""
        return self.layout.register

    def fitted(self, uow: UnitOfWork) -> ImportTarget:
        """Return the target with the columns of the tenant whose unit of work it is."""
        return self if self.of_tenant is None else self.of_tenant(uow)
