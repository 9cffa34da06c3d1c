"""What goes in and out of imports over HTTP."""

from __future__ import annotations

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import fields, post_dump, validate

from shared.excel.layout import LANGUAGES
from shared.http import Schema, Text, caller
from shared.imports.report import Action, Mode, WrongRows
from shared.imports.states import JobState

HIDDEN_FIELDS = {"list_price": "prices.read", "price": "prices.read", "cost_price": "costs.read"}
"""Field of a report → permission without which stored values of it are not shown."""


class ImportFileIn(Schema):
    """The form of an upload."""

    file = Upload(required=True, metadata={"description": "Workbook (.xlsx, .ods) or table (.csv), at most 20 MiB"})


class ImportFormIn(Schema):
    """What may come with the file."""

    columns = Text(
        20_000,
        metadata={
            "description": "Corrects the recognised columns; JSON: header name → field, or null to leave it out",
            "example": '{"Nimitieto": "name", "Vanha koodi": null}',
        },
    )


def choice(values: list[str], default: str, description: str) -> fields.String:
    """Return a query parameter with a few values."""
    return fields.String(load_default=default, validate=validate.OneOf(values), metadata={"description": description})


def language_field() -> fields.String:
    """Return the query parameter with the language of a workbook."""
    return choice(list(LANGUAGES), LANGUAGES[0], "Language of the header and of the words in lists")


def import_query(registers: list[str]) -> type[Schema]:
    """Return the query parameters of an import into one of `registers`; the first is the default."""
    members = {
        "__doc__": "How to import.",
        "register": choice(registers, registers[0], "Where the rows go"),
        "mode": choice([mode.value for mode in Mode], Mode.DRY_RUN.value, "dry_run writes nothing"),
        "wrong_rows": choice(
            [one.value for one in WrongRows],
            WrongRows.LEAVE_OUT.value,
            "On confirm: leave_out writes the good rows, stop writes nothing when any row is wrong",
        ),
        "job": choice(
            ["auto", "yes", "no"], "auto", "Whether a worker does it and the answer comes at once; auto: large files"
        ),
        "remember": fields.Boolean(
            load_default=False, metadata={"description": "Use `columns` for the next files of this register too"}
        ),
    }
    return type("ImportQuery", (Schema,), members)


def template_query(registers: list[str]) -> type[Schema]:
    """Return the query parameters of a template."""
    members = {
        "__doc__": "Which template.",
        "register": choice(registers, registers[0], "What it is for"),
        "lang": choice(list(LANGUAGES), LANGUAGES[0], "Language of its header and lists"),
    }
    return type("TemplateQuery", (Schema,), members)


class MarkedQuery(Schema):
    """How to explain the marked cells."""

    lang = fields.String(
        load_default=None,
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Language of the comments; else the header Accept-Language decides, else Finnish"},
    )


def mapping_query(registers: list[str]) -> type[Schema]:
    """Return the query parameters of the remembered columns."""
    members = {"__doc__": "Which columns.", "register": choice(registers, registers[0], "Of which register")}
    return type("MappingQuery", (Schema,), members)


class MappingOut(Schema):
    """Remembered columns of one register."""

    register = fields.String(required=True)
    columns = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Header name, letters and digits in lower case → field; empty: left out"},
    )
    fields_ = fields.List(
        fields.String(), data_key="fields", attribute="fields", metadata={"description": "Fields of the register"}
    )


class ImportCountsOut(Schema):
    """Rows by what became of them."""

    created = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True, metadata={"description": "Rows with at least one wrong cell"})


class ImportChangeOut(Schema):
    """One field that the row changes."""

    field = fields.String(required=True)
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)

    @post_dump
    def hide(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out stored prices that the caller may not see."""
        if (permission := HIDDEN_FIELDS.get(shown["field"])) and not caller().may(permission):
            shown.pop("old", None)
        return shown


class _ValuesOut(Schema):
    values = fields.Dict(keys=fields.String(), metadata={"description": "Field → value as it is (to be) stored"})

    @post_dump
    def hide(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out stored prices that the caller may not see."""
        hidden = {name for name, permission in HIDDEN_FIELDS.items() if not caller().may(permission)}
        if "values" in shown:
            shown["values"] = {name: value for name, value in shown["values"].items() if name not in hidden}
        return shown


class ImportRowOut(_ValuesOut):
    """One good row."""

    row = fields.Integer(required=True, metadata={"description": "As in the sheet, from 1"})
    action = fields.String(required=True, validate=validate.OneOf([action.value for action in Action]))
    id = fields.String(allow_none=True, metadata={"description": "The record that the row became or is"})
    key = fields.String(required=True, metadata={"description": "By which the record is known again"})
    name = fields.String(required=True)
    fields_ = fields.List(
        fields.String(), data_key="fields", attribute="fields", metadata={"description": "Changed fields"}
    )
    changes = fields.List(fields.Nested(ImportChangeOut), metadata={"description": "Old and new value of each"})


class ImportRefusedRowOut(_ValuesOut):
    """One row that is left out."""

    row = fields.Integer(required=True)
    key = fields.String(required=True)


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
    """A row that is not data: totals, a note, the header again, the example of a template."""

    row = fields.Integer(required=True)
    reason = fields.String(required=True)


class ImportJobOut(Schema):
    """How far an import has come; one that was done within its request has come to its end."""

    state = fields.String(
        required=True, attribute="job_state", validate=validate.OneOf([state.value for state in JobState])
    )
    percent = fields.Integer(required=True, metadata={"description": "0 to 100"})
    rows_total = fields.Integer(required=True, metadata={"description": "Rows without wrong cells; 0 until it is read"})
    rows_done = fields.Integer(required=True, metadata={"description": "Of these, how many have been dealt with"})
    cancel_requested = fields.Boolean(required=True)
    attempts = fields.Integer(required=True, metadata={"description": "How often a worker took it up"})
    started_at = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)
    problem = fields.Dict(allow_none=True, metadata={"description": "Why it failed: code, title, detail, errors"})


class ImportOut(Schema):
    """An import and its report; the report of a job is empty until it has ended."""

    id = fields.String(required=True)
    register = fields.String(required=True)
    state = fields.String(
        required=True,
        metadata={"description": "dry_run, confirmed, stopped or undone; of a job also running, cancelled or failed"},
    )
    job = fields.Nested(ImportJobOut, required=True, attribute="own")
    file_name = fields.String(required=True)
    file_sha256 = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    undone_by = fields.String(allow_none=True)
    undone_at = fields.DateTime(allow_none=True)
    sheet = fields.String(required=True, attribute="report.sheet")
    header_row = fields.Integer(required=True, attribute="report.header_row")
    columns = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        attribute="report.columns",
        metadata={"description": "Header name as in the sheet → field"},
    )
    counts = fields.Nested(ImportCountsOut, required=True, attribute="report.counts")
    rows = fields.List(fields.Nested(ImportRowOut), required=True, attribute="report.rows")
    refused_rows = fields.List(fields.Nested(ImportRefusedRowOut), attribute="report.refused_rows")
    errors = fields.List(fields.Nested(ImportCellOut), required=True, attribute="report.errors")
    warnings = fields.List(fields.Nested(ImportCellOut), required=True, attribute="report.warnings")
    skipped = fields.List(fields.Nested(ImportSkippedOut), required=True, attribute="report.skipped")
    unknown_columns = fields.List(fields.String(), required=True, attribute="report.unknown_columns")
