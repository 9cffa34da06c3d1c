"""The settings of a connection that writes workbooks or CSV files."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.billing.adapters.excel.fields import FIELDS, FORMATS

_FORMATS = sorted({code for codes in FORMATS.values() for code in codes})


class ColumnSettings(Schema):
    """One column: a field of the document, or a fixed text."""

    class Meta:
        """A misspelt name must not be ignored."""

        unknown = RAISE

    header = fields.String(
        required=True, validate=validate.Length(min=1, max=100), metadata={"description": "Name of the column"}
    )
    field = fields.String(validate=validate.OneOf(tuple(FIELDS)), metadata={"description": "What it shows"})
    text = fields.String(
        validate=validate.Length(max=200),
        metadata={"description": "Instead of a field: the same text in every row; empty to be filled in by hand"},
    )
    format = fields.String(validate=validate.OneOf(_FORMATS), metadata={"description": "How it is shown"})

    @validates_schema
    def _check(self, data: Mapping[str, Any], **_: object) -> None:
        if ("field" in data) == ("text" in data):
            raise ValidationError("Give either a field or a text.")
        if "format" in data:
            allowed = FORMATS[FIELDS[data["field"]].kind] if "field" in data else ("text",)
            if data["format"] not in allowed:
                raise ValidationError(f"Not a format of this column; {', '.join(allowed)} are.", "format")


class ExcelSettings(Schema):
    """Where the files go and what they look like."""

    class Meta:
        """A misspelt setting must not be ignored."""

        unknown = RAISE

    folder = fields.String(
        load_default="",
        validate=validate.Regexp(r"^$|^[\w\-][\w\-. ]{0,60}(/[\w\-][\w\-. ]{0,60}){0,4}$"),
        metadata={"description": "Folder below the export folder of the installation", "example": "laskutus"},
    )
    file_type = fields.String(
        load_default="xlsx", validate=validate.OneOf(("xlsx", "csv")), metadata={"description": "xlsx or csv"}
    )
    files = fields.String(
        load_default="document",
        validate=validate.OneOf(("document", "batch", "day", "month")),
        metadata={
            "description": "A file for each document, or one that grows with the documents of a batch, day or month"
        },
    )
    file_prefix = fields.String(
        load_default="laskutus",
        validate=validate.Regexp(r"^[\w\-]{1,40}$"),
        metadata={"description": "How the names of growing files begin"},
    )
    rows = fields.String(
        load_default="lines",
        validate=validate.OneOf(("lines", "documents")),
        metadata={"description": "A row for each line, or one for each document"},
    )
    columns = fields.List(
        fields.Nested(ColumnSettings),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "The columns in order; without them those for invoicing by hand"},
    )
    language = fields.String(
        load_default="fi",
        validate=validate.OneOf(("fi", "sv", "en")),
        metadata={"description": "Language of the usual column names"},
    )
    totals = fields.Boolean(
        load_default=False, metadata={"description": "A row of totals after the lines of each document"}
    )
    csv_delimiter = fields.String(
        load_default=";", validate=validate.OneOf((";", ",", "\t", "|")), metadata={"description": "Between CSV fields"}
    )
    csv_decimal = fields.String(
        load_default=",", validate=validate.OneOf((",", ".")), metadata={"description": "Decimal separator in CSV"}
    )
    csv_encoding = fields.String(
        load_default="utf-8-sig",
        validate=validate.OneOf(("utf-8-sig", "utf-8")),
        metadata={"description": "utf-8-sig begins with a mark by which Excel knows the encoding"},
    )

    @validates_schema
    def _check(self, data: Mapping[str, Any], **_: object) -> None:
        columns = data.get("columns")
        if columns is None:
            return
        names = [column.get("field") for column in columns]
        if data["files"] != "document" and "document.key" not in names:
            raise ValidationError("A growing file needs a column of document.key, to tell what is in it.", "columns")
        if data["rows"] == "documents" and any(name and FIELDS[name].of_line for name in names):
            raise ValidationError("A row for each document cannot show fields of lines.", "columns")
        if len({column["header"] for column in columns}) != len(columns):
            raise ValidationError("Two columns have the same name.", "columns")
