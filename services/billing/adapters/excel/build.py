"""From settings to a target."""

from collections.abc import Mapping
from typing import Any

from services.billing.adapters.excel.folder import ExportFolder
from services.billing.adapters.excel.layout import Layout, column, usual_columns
from services.billing.adapters.excel.settings import ExcelSettings
from services.billing.adapters.excel.sheets import CsvForm, SheetForm, XlsxForm
from services.billing.adapters.excel.target import ExcelTarget, Naming
from services.billing.adapters.kind import Site, TargetKind


def excel_kind(site: Site) -> TargetKind:
    """The target "excel" with files below the operator's export root."""

    def build(settings: Mapping[str, Any], _secrets: Mapping[str, str]) -> ExcelTarget:
        form: SheetForm = XlsxForm()
        if settings["file_type"] == "csv":
            form = CsvForm(settings["csv_delimiter"], settings["csv_decimal"], settings["csv_encoding"])
        return ExcelTarget(
            ExportFolder(site.export_root, settings["folder"]),
            form,
            layout_of(settings),
            Naming(settings["files"], settings["file_prefix"], settings["file_type"]),
        )

    return TargetKind("excel", ExcelSettings, (), build)


def layout_of(settings: Mapping[str, Any]) -> Layout:
    """The layout that loaded settings ask for."""
    by_line = settings["rows"] == "lines"
    columns = settings["columns"] or usual_columns(settings["language"], by_line=by_line)
    return Layout(tuple(column(each) for each in columns), by_line, settings["totals"], settings["language"])
