"""Uploading a workbook over HTTP and reading what came of it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO

from flask import request
from flask_smorest.fields import Upload
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from shared.clock import utc_now
from shared.db import UnitOfWork, get_or_404
from shared.excel.table import TableReading
from shared.http import Blueprint, Schema, begin, creation_request, read, requires
from shared.imports.record import ImportRecord
from shared.imports.report import Action, Mode
from shared.imports.run import ImportRequest

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes of an upload. What it may unpack to is limited by `shared.excel.limits`."""

ReadWorkbook = Callable[[BinaryIO], TableReading]
RunImport = Callable[..., ImportRecord]
"""(uow, reading, ImportRequest, now=datetime) → the job record."""


class ImportFileIn(Schema):
    """The form of an upload."""

    file = Upload(required=True, metadata={"description": "Workbook (.xlsx), at most 20 MiB"})


class ImportQuery(Schema):
    """How to import."""

    mode = fields.String(
        load_default=Mode.DRY_RUN.value,
        validate=validate.OneOf([mode.value for mode in Mode]),
        metadata={"description": "dry_run writes nothing and says what confirm would do"},
    )


class ImportCountsOut(Schema):
    """Rows by what became of them."""

    created = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True, metadata={"description": "Rows with at least one wrong cell"})


class ImportRowOut(Schema):
    """One good row."""

    row = fields.Integer(required=True, metadata={"description": "As in the sheet, from 1"})
    action = fields.String(required=True, validate=validate.OneOf([action.value for action in Action]))
    id = fields.String(allow_none=True, metadata={"description": "The record that the row became or is"})
    key = fields.String(required=True, metadata={"description": "By which the record is known again"})
    name = fields.String(required=True)
    fields_ = fields.List(
        fields.String(), data_key="fields", attribute="fields", metadata={"description": "Changed fields"}
    )


class ImportCellOut(Schema):
    """One cell that is wrong (error) or worth a look (warning)."""

    sheet = fields.String(required=True)
    row = fields.Integer(required=True)
    column = fields.Integer(required=True, metadata={"description": "From 1"})
    column_letter = fields.String(required=True, metadata={"example": "D"})
    field = fields.String(required=True)
    value = fields.String(allow_none=True, metadata={"description": "What the cell shows"})
    code = fields.String(required=True, metadata={"description": "Stable, for programs"})
    reason = fields.String(required=True)
    expected = fields.String()
    suggestion = fields.String(allow_none=True)


class ImportSkippedOut(Schema):
    """A row that is not data: totals, a note, the header again."""

    row = fields.Integer(required=True)
    reason = fields.String(required=True)


class ImportOut(Schema):
    """An import and its report."""

    id = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "dry_run or confirmed"})
    file_name = fields.String(required=True)
    file_sha256 = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    sheet = fields.String(required=True, attribute="report.sheet")
    header_row = fields.Integer(required=True, attribute="report.header_row")
    counts = fields.Nested(ImportCountsOut, required=True, attribute="report.counts")
    rows = fields.List(fields.Nested(ImportRowOut), required=True, attribute="report.rows")
    errors = fields.List(fields.Nested(ImportCellOut), required=True, attribute="report.errors")
    warnings = fields.List(fields.Nested(ImportCellOut), required=True, attribute="report.warnings")
    skipped = fields.List(fields.Nested(ImportSkippedOut), required=True, attribute="report.skipped")
    unknown_columns = fields.List(fields.String(), required=True, attribute="report.unknown_columns")


def import_blueprint(
    *, description: str, record_type: type[ImportRecord], reader: ReadWorkbook, use_case: RunImport, permission: str
) -> Blueprint:
    """Return `POST /imports` and `GET /imports/<id>`; both need `permission`.

    reader    reads the file; runs before the transaction begins, its errors are problem documents
    use_case  plans and writes
    """
    blueprint = Blueprint("imports", f"{__name__}.{record_type.__module__}", url_prefix="/imports")
    blueprint.description = description

    @blueprint.before_request
    def allow_large_files() -> None:
        request.max_content_length = LARGEST_FILE

    @blueprint.post("")
    @requires(permission)
    @blueprint.arguments(ImportQuery, location="query")
    @blueprint.arguments(ImportFileIn, location="files")
    @blueprint.response(200, ImportOut)
    def import_workbook(query: dict[str, Any], files: dict[str, Any]) -> ImportRecord:
        """Import a workbook

        With `mode=dry_run` (the default) nothing is written and the answer says what would happen. With
        `mode=confirm` every good row is written in one transaction; wrong cells are listed either way. The same file
        imported again changes nothing.
        """
        mode = Mode(query["mode"])
        name, content = _content(files["file"])
        digest = hashlib.sha256(content).hexdigest()
        asked = ImportRequest(
            creation=creation_request("import", {"file_sha256": digest, "mode": mode.value}),
            mode=mode,
            file_name=name,
            file_sha256=digest,
        )
        return _run(use_case, begin(), reader(io.BytesIO(content)), asked, utc_now())

    @blueprint.get("/<import_id>")
    @requires(permission)
    @blueprint.response(200, ImportOut)
    def show_import(import_id: str) -> ImportRecord:
        """Show what an import did or would have done"""
        with read() as uow:
            return get_or_404(uow.session, record_type, import_id)

    return blueprint


def _run(
    use_case: RunImport, uow: UnitOfWork, reading: TableReading, asked: ImportRequest, now: datetime
) -> ImportRecord:
    return use_case(uow, reading, asked, now=now)


def _content(upload: FileStorage) -> tuple[str, bytes]:
    """Return a printable file name without folders, and the bytes."""
    last = (upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in last if character.isprintable())[:255]
    return name or "workbook.xlsx", upload.stream.read()
