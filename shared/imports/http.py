"""Imports over HTTP: upload, report, marked copy, undo, templates, remembered columns; and the answer of an export."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, request, send_file
from sqlalchemy import delete
from werkzeug.datastructures import FileStorage

from shared.clock import utc_now
from shared.db import get_or_404
from shared.errors import FieldError, Malformed
from shared.excel.headers import LONGEST_NAME
from shared.excel.layout import LANGUAGES, Layout, write_export, write_template
from shared.excel.marking import mark_workbook
from shared.excel.parsers import fold
from shared.http import Blueprint, Schema, begin, caller, creation_request, read, requires
from shared.imports import schemas
from shared.imports.collecting import fewer_collections
from shared.imports.errors import FileGone, UnknownField
from shared.imports.jobs import cancel_import, order_import
from shared.imports.report import Mode, WrongRows
from shared.imports.run import ImportRequest, ImportTables, undo_import
from shared.imports.target import ImportTarget

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes of an upload. What it may unpack to is limited by `shared.excel.limits`."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_IN_MEMORY = 4 * 1024 * 1024

LARGE_FILE = 2 * 1024 * 1024
"""Bytes of an upload from which it becomes a job by itself."""


def import_blueprint(
    *, description: str, tables: ImportTables, targets: Sequence[ImportTarget], permission: str
) -> Blueprint:
    """Return the endpoints below `/imports`; all need `permission`."""
    blueprint = Blueprint(
        "imports", f"{__name__}.{tables.record.__module__}", url_prefix="/imports", for_whole_tenant=True
    )
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
    @blueprint.alt_response(202, schema=schemas.ImportOut, description="A job was ordered", success=True)
    def import_workbook(query: dict[str, Any], form: dict[str, Any], files: dict[str, FileStorage]) -> Any:
        """Import a workbook: a dry run first, then for real

        With `mode=dry_run` (the default) nothing is written and the answer says what would happen. With
        `mode=confirm` every good row is written in one transaction, or, with `wrong_rows=stop`, nothing if any row is
        wrong; wrong cells are listed either way. The same file imported again changes nothing.

        A file over 2 MiB becomes a job, and so does any with `job=yes` or the header `Prefer: respond-async`: the
        answer is 202, `Location` leads to the import, and its `job` says how far it has come. `job=no` waits. A job
        with `wrong_rows=leave_out` may write in several transactions.
        """
        mode = Mode(query["mode"])
        name, content = _content(files["file"])
        with read() as uow:
            target = targets[query["register"]].fitted(uow)
            remembered = uow.session.get(
                tables.mapping, {"tenant_id": uow.context.tenant_id, "register": target.register}
            )
        given = _given_columns(form.get("columns"), target)
        columns = {**(remembered.columns if remembered else {}), **given}
        digest = hashlib.sha256(content).hexdigest()
        body = {
            **{name: value for name, value in query.items() if name != "job"},
            "columns": given,
            "file_sha256": digest,
        }
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
        if _wants_job(query["job"], len(content)):
            record = order_import(begin(), tables, asked, columns, now=utc_now())
            return record, 202, {"Location": f"{request.path}/{record.id}", "Retry-After": "1"}
        with fewer_collections():
            return target.run(begin(), target.reader(io.BytesIO(content), columns), asked, now=utc_now())

    @blueprint.get("/<import_id>")
    @requires(permission)
    @blueprint.response(200, schemas.ImportOut)
    def show_import(import_id: str) -> Any:
        """Show what an import did or would have done; of a job, how far it has come"""
        with read() as uow:
            return get_or_404(uow.session, tables.record, import_id)

    @blueprint.post("/<import_id>/cancel")
    @requires(permission)
    @blueprint.response(200, schemas.ImportOut)
    def cancel(import_id: str) -> Any:
        """Cancel an import that runs as a job

        It ends before its next step. Rows that were written by then stay, are in the report, and can be taken back by
        undoing the import; with `wrong_rows=stop` there are none.
        """
        return cancel_import(begin(), tables, import_id, now=utc_now())

    @blueprint.get("/<import_id>/marked")
    @requires(permission)
    @blueprint.arguments(schemas.MarkedQuery, location="query")
    @blueprint.response(200, content_type=XLSX, description="The same workbook with marked cells")
    def show_marked(query: dict[str, Any], import_id: str) -> Response:
        """Get the uploaded workbook with wrong cells marked and explained; the file is kept for 30 days"""
        with read() as uow:
            record = get_or_404(uow.session, tables.record, import_id)
            kept = uow.session.get(tables.file, import_id)
            if kept is None:
                raise FileGone("Import the file again to have it marked.")
            content = kept.content
            columns = targets[record.register].fitted(uow).layout.columns
        labels = {column.field: column.titles for column in columns}
        language = query["lang"] or _readers_language()
        marked = mark_workbook(content, record.report["errors"], record.report["warnings"], language, labels)
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
        with read() as uow:
            layout = targets[query["register"]].fitted(uow).layout
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
            names = sorted(targets[query["register"]].fitted(uow).fields)
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


def _readers_language() -> str:
    """The first language that the reader accepts and we have, else Finnish."""
    accepted = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in accepted if tag in LANGUAGES), LANGUAGES[0])


def _wants_job(said: str, size: int) -> bool:
    if said != "auto":
        return said == "yes"
    preferences = {one.strip().lower() for one in request.headers.get("Prefer", "").split(",")}
    return size > LARGE_FILE or "respond-async" in preferences


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
