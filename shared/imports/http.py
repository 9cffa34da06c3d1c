"""Imports over HTTP: upload, report, marked copy, undo, templates, remembered columns; and the answer of an export."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import Response, request, send_file
from sqlalchemy import delete
from werkzeug.datastructures import FileStorage

from shared.clock import utc_now
from shared.db import UnitOfWork, get_or_404
from shared.errors import FieldError, Malformed
from shared.excel.headers import LONGEST_NAME
from shared.excel.layout import Layout, write_export, write_template
from shared.excel.marking import mark_workbook
from shared.excel.parsers import fold
from shared.excel.table import TableReading
from shared.http import Blueprint, Schema, begin, caller, creation_request, read, requires
from shared.imports import schemas
from shared.imports.errors import FileGone, UnknownField
from shared.imports.report import Mode, WrongRows
from shared.imports.run import ImportRequest, ImportTables, Undo, undo_import

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes of an upload. What it may unpack to is limited by `shared.excel.limits`."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_IN_MEMORY = 4 * 1024 * 1024

ReadTable = Callable[[BinaryIO, Mapping[str, str]], TableReading]
"""(stream, header name folded → field) → what was read."""
RunImport = Callable[..., Any]
"""(uow, reading, ImportRequest, now=datetime) → the job record."""


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """A register that can be imported into.

    reader  reads the file before the transaction begins; its errors are problem documents
    run     plans and writes
    undo    makes what takes an import back
    layout  the register as a table
    fields  every field that a column may be
    """

    layout: Layout
    fields: frozenset[str]
    reader: ReadTable
    run: RunImport
    undo: Callable[[UnitOfWork], Undo]

    @property
    def register(self) -> str:
        """Name of the register."""
        return self.layout.register


def import_blueprint(
    *, description: str, tables: ImportTables, targets: Sequence[ImportTarget], permission: str
) -> Blueprint:
    """Return the endpoints below `/imports`; all need `permission`."""
    blueprint = Blueprint("imports", f"{__name__}.{tables.record.__module__}", url_prefix="/imports")
    blueprint.description = description
    by_name = {target.register: target for target in targets}

    @blueprint.before_request
    def allow_large_files() -> None:
        request.max_content_length = LARGEST_FILE

    _add_import(blueprint, tables, by_name, permission)
    _add_undo(blueprint, tables, by_name, permission)
    _add_template(blueprint, by_name, permission)
    _add_mapping(blueprint, tables, by_name, permission)
    return blueprint


def export_answer(layout: Layout, records: Iterable[Mapping[str, Any]], language: str) -> Response:
    """Return a workbook of `records` (field → stored value), without the columns that the caller may not see.

    Reads `records` to the end at once, so call it inside the unit of work that they come from.
    """
    stream = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_export(stream, layout, layout.visible(caller().may), records, language)  # type: ignore[arg-type]  # is one
    return _file(stream, f"{layout.titles[language]}.xlsx")


def _add_import(
    blueprint: Blueprint, tables: ImportTables, targets: Mapping[str, ImportTarget], permission: str
) -> None:
    @blueprint.post("")
    @requires(permission)
    @blueprint.arguments(schemas.import_query(list(targets)), location="query")
    @blueprint.arguments(schemas.ImportFormIn, location="form")
    @blueprint.arguments(schemas.ImportFileIn, location="files")
    @blueprint.response(200, schemas.ImportOut)
    def import_workbook(query: dict[str, Any], form: dict[str, Any], files: dict[str, FileStorage]) -> Any:
        """Import a workbook: a dry run first, then for real

        With `mode=dry_run` (the default) nothing is written and the answer says what would happen. With
        `mode=confirm` every good row is written in one transaction, or, with `wrong_rows=stop`, nothing if any row is
        wrong; wrong cells are listed either way. The same file imported again changes nothing.
        """
        target, mode = targets[query["register"]], Mode(query["mode"])
        name, content = _content(files["file"])
        given = _given_columns(form.get("columns"), target)
        with read() as uow:
            remembered = uow.session.get(
                tables.mapping, {"tenant_id": uow.context.tenant_id, "register": target.register}
            )
        reading = target.reader(io.BytesIO(content), {**(remembered.columns if remembered else {}), **given})
        digest = hashlib.sha256(content).hexdigest()
        body = {**query, "columns": given, "file_sha256": digest}
        asked = ImportRequest(
            creation=creation_request("import", body),
            mode=mode,
            file_name=name,
            file_sha256=digest,
            register=target.register,
            wrong_rows=WrongRows(query["wrong_rows"]),
            content=content,
            remember=given if query["remember"] else {},
        )
        return target.run(begin(), reading, asked, now=utc_now())

    @blueprint.get("/<import_id>")
    @requires(permission)
    @blueprint.response(200, schemas.ImportOut)
    def show_import(import_id: str) -> Any:
        """Show what an import did or would have done"""
        with read() as uow:
            return get_or_404(uow.session, tables.record, import_id)

    @blueprint.get("/<import_id>/marked")
    @requires(permission)
    @blueprint.response(200, content_type=XLSX, description="The same workbook with marked cells")
    def show_marked(import_id: str) -> Response:
        """Get the uploaded workbook with wrong cells marked and explained; the file is kept for 30 days"""
        with read() as uow:
            record = get_or_404(uow.session, tables.record, import_id)
            kept = uow.session.get(tables.file, import_id)
            if kept is None:
                raise FileGone("Import the file again to have it marked.")
            content = kept.content
        marked = mark_workbook(content, record.report["errors"], record.report["warnings"])
        return _file(io.BytesIO(marked), f"{record.file_name.rpartition('.')[0] or record.file_name}-marked.xlsx")


def _add_undo(blueprint: Blueprint, tables: ImportTables, targets: Mapping[str, ImportTarget], permission: str) -> None:
    @blueprint.post("/<import_id>/undo")
    @requires(permission)
    @blueprint.response(200, schemas.ImportOut)
    def undo(import_id: str) -> Any:
        """Take back a whole import, while none of its records was changed since

        Changed records get their old values; created ones are withdrawn: archived, and taken into use again by the
        next import that names them.
        """
        with read() as uow:
            register = get_or_404(uow.session, tables.record, import_id).register
        writer = begin()
        return undo_import(writer, tables, targets[register].undo(writer), import_id, now=utc_now())


def _add_template(blueprint: Blueprint, targets: Mapping[str, ImportTarget], permission: str) -> None:
    @blueprint.get("/template")
    @requires(permission)
    @blueprint.arguments(schemas.template_query(list(targets)), location="query")
    @blueprint.response(200, content_type=XLSX, description="An empty workbook")
    def show_template(query: dict[str, Any]) -> Response:
        """Get a workbook to fill in: lists to choose from, notes, and an example row that is not imported"""
        layout = targets[query["register"]].layout
        stream = io.BytesIO()
        write_template(stream, layout, layout.visible(caller().may), query["lang"])
        return _file(stream, f"{layout.titles[query['lang']]}.xlsx")


def _add_mapping(
    blueprint: Blueprint, tables: ImportTables, targets: Mapping[str, ImportTarget], permission: str
) -> None:
    query_schema: type[Schema] = schemas.mapping_query(list(targets))

    @blueprint.get("/columns")
    @requires(permission)
    @blueprint.arguments(query_schema, location="query")
    @blueprint.response(200, schemas.MappingOut)
    def show_columns(query: dict[str, Any]) -> dict[str, Any]:
        """Show the columns that were remembered for the next files, and the fields there are"""
        with read() as uow:
            known = uow.session.get(tables.mapping, {"tenant_id": uow.context.tenant_id, "register": query["register"]})
        names = sorted(targets[query["register"]].fields)
        return {"register": query["register"], "columns": known.columns if known else {}, "fields": names}

    @blueprint.delete("/columns")
    @requires(permission)
    @blueprint.arguments(query_schema, location="query")
    @blueprint.response(204)
    def forget_columns(query: dict[str, Any]) -> None:
        """Forget the remembered columns of a register"""
        with begin() as uow:
            uow.session.execute(delete(tables.mapping).where(tables.mapping.register == query["register"]))
            uow.commit()


def _given_columns(text: str | None, target: ImportTarget) -> dict[str, str]:
    """Read the corrected columns: header name, folded → field, "" to leave it out."""
    if not text:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not all(value is None or isinstance(value, str) for value in given.values()):
        raise Malformed(errors=[FieldError("/columns", "form", "Expected JSON: header name → field, or null.")])
    unknown = sorted({value for value in given.values() if value} - target.fields)
    if unknown:
        known = ", ".join(sorted(target.fields))
        raise UnknownField(
            errors=[FieldError("/columns", UnknownField.code, f"{one}: not of {known}") for one in unknown]
        )
    return {fold(name)[:LONGEST_NAME]: value or "" for name, value in given.items()}


def _file(stream: Any, name: str) -> Response:
    stream.seek(0)
    return send_file(stream, mimetype=XLSX, as_attachment=True, download_name=name, max_age=0)


def _content(upload: FileStorage) -> tuple[str, bytes]:
    """Return a printable file name without folders, and the bytes."""
    last = (upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in last if character.isprintable())[:255]
    return name or "workbook.xlsx", upload.stream.read()
