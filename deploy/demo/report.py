"""What the demo did, for programs (JSON) and for people (tables)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.checks import Check, DocumentLine
from deploy.demo.firm import Firm


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was tried and rightly refused."""

    tenant: str
    what: str
    code: str
    detail: str


@dataclass(slots=True)
class Report:
    """Everything that happened."""

    documents: list[DocumentLine] = field(default_factory=list)
    imports: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether every check holds."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def add_import(self, tenant: str, workbook: str, imported: Mapping[str, Any]) -> None:
        """Keep what an import wrote and which cells it refused."""
        self.imports.append(
            {
                "tenant": tenant,
                "workbook": workbook,
                "created": imported["counts"]["created"],
                "errors": [_cell(cell) for cell in imported["errors"]],
                "warnings": [_cell(cell) for cell in imported["warnings"]],
            }
        )

    def write(self, path: Path) -> None:
        """Write the JSON report."""
        body = {
            "documents": [asdict(line) for line in self.documents],
            "imports": self.imports,
            "refused": [asdict(refusal) for refusal in self.refused],
            "checks": [asdict(check) for check in self.checks],
        }
        path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sheet": cell["sheet"],
        "row": cell["row"],
        "column": cell["column"],
        "column_letter": cell["column_letter"],
        "field": cell["field"],
        "value": cell["value"],
        "reason": cell["reason"],
    }


def print_import(console: Console, workbook: str, imported: Mapping[str, Any]) -> None:
    """Show what was imported and every refused cell."""
    counts = imported["counts"]
    console.print(
        f"  [bold]{workbook}[/bold]: {counts['created']} created, {counts['refused']} rows refused, "
        f"{len(imported['warnings'])} warnings",
        highlight=False,
    )
    table = Table(box=None, padding=(0, 2), show_header=True, header_style="dim")
    for heading in ("cell", "found", "why"):
        table.add_column(heading)
    for label, cells in (("", imported["errors"]), ("warning: ", imported["warnings"])):
        for cell in cells:
            found = "" if cell["value"] is None else str(cell["value"])
            table.add_row(f"    {cell['sheet']}!{cell['column_letter']}{cell['row']}", found, label + cell["reason"])
    if table.row_count:
        console.print(table)


def print_orders(console: Console, firm: Firm) -> None:
    """Show each order's way."""
    table = Table(title=f"{firm.name}: the orders' ways", title_justify="left", box=None, padding=(0, 2))
    for heading in ("order", "made by", "customer", "way"):
        table.add_column(heading, no_wrap=heading != "way")
    for track in firm.orders:
        name = str(track.plan.customer["name"])
        origin = track.plan.origin + (" ×2" if track.plan.sent_twice else "")
        table.add_row(track.number, origin, name[:32], " → ".join(track.states))
    console.print(table)


def print_documents(console: Console, report: Report) -> None:
    """Show order → document → target → identifier → net, VAT, gross."""
    table = Table(title="Documents", title_justify="left", box=None, padding=(0, 2))
    for heading in ("firm", "orders", "document", "target", "its id"):
        table.add_column(heading)
    for heading in ("net", "VAT", "gross"):
        table.add_column(heading, justify="right")
    for line in report.documents:
        orders = ", ".join(line.workorder_numbers)
        shown = orders if len(orders) < 28 else f"{len(line.workorder_numbers)} orders"
        table.add_row(
            line.tenant, shown, "…" + line.key[-12:], line.target, line.target_id, line.net, line.vat, line.gross
        )
    console.print(table)


def print_checks(console: Console, report: Report) -> None:
    """Show what was checked."""
    for check in report.checks:
        mark = "[green]✓[/green]" if check.ok else "[red]✗[/red]"
        console.print(f"{mark} {check.name}  [dim]{check.detail}[/dim]", highlight=False)
    for refusal in report.refused:
        console.print(f"[green]✓[/green] refused: {refusal.what}  [dim]{refusal.code}[/dim]", highlight=False)
