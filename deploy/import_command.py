"""`urakka import`: nightly imports of registers, against a running suite or the local data."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import requests
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from deploy.demo.client import ApiClient, Refused
from deploy.onebox import OneBox, OneBoxSettings
from deploy.welcome import make_first_tenant
from shared.telemetry import configure_logging

SERVICE_OF = {
    "customers": "customers",
    "contacts": "customers",
    "sites": "customers",
    "products": "catalog",
    "prices": "catalog",
}
"""Register → the service that has it."""

_TIMEOUT_S = (10.0, 120.0)
_LOOK_EVERY_S = 0.5
_ENDED = ("ready", "done", "cancelled", "failed")
_DOING = {
    "waiting": "waiting for a worker",
    "reading": "reading the file",
    "checking": "checking the rows",
    "writing": "writing",
}
_CELL_KEYS = ("sheet", "row", "column", "field", "value", "expected", "suggestion")
EXIT_REFUSED = 1
EXIT_FAILED = 2
EXIT_NOT_ENDED = 3
EXIT_INTERRUPTED = 130
_SERVER_FAULT = 500
_TOO_MANY = 429


class _Failed(Exception):
    """The job failed; `problem` says why."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem["code"])
        self.problem = problem


class _NotEnded(Exception):
    """The import was ordered, and its end was not waited for; the text says why, and how to go on."""

    def __init__(self, why: str, exit_status: int = EXIT_NOT_ENDED) -> None:
        super().__init__(why)
        self.exit_status = exit_status


class _BadMapping(click.ClickException):
    """The mapping file is not what it should be."""

    exit_code = EXIT_FAILED


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows go: how to reach the suite, or which local data."""

    url: str | None
    api_key: str | None
    email: str | None
    password: str | None
    onebox: bool
    folder: Path

    def how_to_go_on(self, path: str) -> str:
        """Say what becomes of the import at `path` without this command."""
        import_id = path.rpartition("/")[2]
        if self.onebox:
            return f"Import {import_id} stays ordered: it goes on when the local data is next opened (urakka up)."
        address = f"{str(self.url).rstrip('/')}{path}"
        return (
            f"Import {import_id} goes on without this command, so do not order it again: GET {address} shows it, "
            f"POST {address}/cancel ends it."
        )


class _Patience:
    """Ends the waiting when nothing of an import has moved for so long. clock  seconds that never go back"""

    def __init__(self, minutes: float, service: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._minutes, self._service, self._clock = minutes, service, clock
        self._last: Mapping[str, Any] = {}
        self._since = clock()

    def look(self, job: Mapping[str, Any] | None, fault: str = "") -> None:
        """Take in the job as it is shown now, or None and why it could not be seen. Raises _NotEnded."""
        if job is not None and job != self._last:
            self._last, self._since = job, self._clock()
        if self._clock() - self._since < self._minutes * 60:
            return
        if fault:
            raise _NotEnded(f"the suite has not shown the import for {self._minutes:g} minutes ({fault}).")
        if self._last["state"] == "waiting":
            raise _NotEnded(
                f"no worker has taken the import up for {self._minutes:g} minutes. Is a worker of {self._service} "
                "running, or at another long import?"
            )
        doing = _DOING[self._last["state"]]
        raise _NotEnded(f"nothing has moved for {self._minutes:g} minutes ({doing}, {self._last['percent']} %).")


@click.command("import", help="Import a register from FILE (.xlsx, .ods, .csv).")
@click.argument("register", type=click.Choice(list(SERVICE_OF)))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would happen.")
@click.option("--all-or-nothing", is_flag=True, help="Write nothing if any row is wrong.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON: header name → field, or null to leave the column out.",
)
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the whole report as JSON.")
@click.option("--url", envvar="URAKKA_URL", help="Address of the running suite, e.g. https://urakka.example.")
@click.option("--api-key", envvar="URAKKA_API_KEY", help="Key of the caller.")
@click.option("--email", envvar="URAKKA_EMAIL", help="Or the log-in of a person.")
@click.option("--password", envvar="URAKKA_PASSWORD")
@click.option("--onebox", is_flag=True, help="Import into the local one-box data instead of a running suite.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="MINUTES",
    help="Stop waiting when nothing has moved for so long.",
)
def import_command(
    register: str,
    file: Path,
    dry_run: bool,
    all_or_nothing: bool,
    mapping: Path | None,
    report: Path | None,
    patience: float,
    **target: Any,
) -> None:
    """Import, say what came of it; exit status 1 when something was refused, 2 when it could not be tried.

    3 when its end did not come in time, 130 after Ctrl-C: what was ordered stays ordered.
    """
    console = Console(stderr=True)
    columns = _read_mapping(mapping)
    query = {
        "register": register,
        "mode": "dry_run" if dry_run else "confirm",
        "wrong_rows": "stop" if all_or_nothing else "leave_out",
    }
    try:
        with _client(Target(**target)) as client:
            result = _import(client, Target(**target), file, query, columns, patience, console)
    except _NotEnded as error:
        click.echo(f"urakka import: {error}", err=True)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        click.echo(
            "urakka import: stopped before the order was answered; GET …/imports shows if it was taken", err=True
        )
        sys.exit(EXIT_INTERRUPTED)
    except _Failed as error:
        click.echo(f"urakka import: {error.problem['detail']}", err=True)
        if report is not None:
            _write(report, _whole_file_refused(str(error.problem["detail"])))
        sys.exit(EXIT_FAILED if error.problem["code"] == "import.given_up" else EXIT_REFUSED)
    except Refused as error:
        click.echo(f"urakka import: {error.detail or error}", err=True)
        if report is not None:
            _write(report, _whole_file_refused(error.detail or str(error)))
        sys.exit(EXIT_REFUSED if error.status in (400, 413, 422) else EXIT_FAILED)
    except requests.RequestException as error:
        click.echo(f"urakka import: the suite cannot be reached ({type(error).__name__})", err=True)
        sys.exit(EXIT_FAILED)
    if report is not None:
        _write(report, as_report(result))
    _print(result)
    sys.exit(EXIT_REFUSED if result["counts"]["refused"] or result["state"] == "cancelled" else 0)


def as_report(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of an import as it is written for programs.

    sheet, header_row; columns: header as found → field; rows: row, action, key, values (as they would be stored), also
    of refused rows; errors and warnings: sheet, row, column (number), field, value, expected, suggestion, text; counts.
    """
    rows = [{name: row[name] for name in ("row", "action", "key", "values")} for row in result["rows"]]
    rows += [
        {"row": row["row"], "action": "refused", "key": row["key"], "values": row["values"]}
        for row in result["refused_rows"]
    ]
    return {
        "sheet": result["sheet"],
        "header_row": result["header_row"],
        "columns": result["columns"],
        "rows": sorted(rows, key=lambda row: int(row["row"])),
        "errors": [_cell(error) for error in result["errors"]],
        "warnings": [_cell(warning) for warning in result["warnings"]],
        "counts": result["counts"],
    }


def _whole_file_refused(text: str) -> dict[str, Any]:
    """The report when the file itself is not one that can be imported: one error without a cell."""
    remark = {"sheet": "", "row": 0, "column": 0, "field": "", "value": None, "expected": "", "suggestion": None}
    return {
        "sheet": "",
        "header_row": 0,
        "columns": {},
        "rows": [],
        "errors": [{**remark, "text": text}],
        "warnings": [],
        "counts": {"created": 0, "changed": 0, "unchanged": 0, "refused": 0},
    }


def _write(path: Path, report: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _cell(remark: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: remark.get(name) for name in _CELL_KEYS}, "text": remark["reason"]}


def _read_mapping(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        columns = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _BadMapping(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(columns, dict):
        raise _BadMapping(f"{path} must be one JSON object: header name → field, or null.")
    return json.dumps(columns, ensure_ascii=False)


@contextmanager
def _client(target: Target) -> Iterator[ApiClient]:
    """Give a client that is logged in: to the running suite, or to a one-box that runs meanwhile."""
    if not target.onebox:
        if not target.url or not (target.api_key or (target.email and target.password)):
            raise click.UsageError("Give --url and --api-key (or --email and --password), or --onebox.")
        client = ApiClient(target.url)
        yield (
            client.log_in_with_key(target.api_key)
            if target.api_key
            else client.log_in(str(target.email), str(target.password))
        )
        return
    target.folder.mkdir(parents=True, exist_ok=True)
    log = (target.folder / "urakka.log").open("a", encoding="utf-8")  # stays open: the loggers outlive the box
    configure_logging(os.environ.get("URAKKA_LOG_LEVEL", "INFO"), stream=log, service="suite")
    with OneBox(OneBoxSettings(folder=target.folder, port=0)) as box:
        login = make_first_tenant(box.base_url, box.provisioning_key, target.folder)
        yield ApiClient(box.base_url).log_in(login.email, login.password)


def _import(
    client: ApiClient,
    target: Target,
    file: Path,
    query: Mapping[str, str],
    columns: str | None,
    patience: float,
    console: Console,
) -> dict[str, Any]:
    """Order the import as a job and wait for its end, which comes whatever happens to this command; show how far it is.

    Raises _Failed, _NotEnded, and Refused for an order that is not taken.
    """
    service = SERVICE_OF[query["register"]]
    path = f"/api/{service}/v1/imports"
    form = {"columns": columns} if columns else {}
    shown: dict[str, Any] = client.upload(path, file, form=form, timeout=_TIMEOUT_S, job="yes", **query)
    own_path = f"{path}/{shown['id']}"
    try:
        shown = _end_of(client, own_path, shown, _Patience(patience, service), file.name, console)
    except _NotEnded as error:
        raise _NotEnded(f"{error} {target.how_to_go_on(own_path)}") from None
    except KeyboardInterrupt:
        raise _NotEnded(f"no longer waiting. {target.how_to_go_on(own_path)}", EXIT_INTERRUPTED) from None
    if shown["job"]["state"] == "failed":
        raise _Failed(shown["job"]["problem"])
    return shown


def _end_of(
    client: ApiClient, path: str, shown: dict[str, Any], patience: _Patience, name: str, console: Console
) -> dict[str, Any]:
    """Look until the job has ended, also past faults that pass. Raises _NotEnded."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(name, total=100)
        while shown["job"]["state"] not in _ENDED:
            time.sleep(_LOOK_EVERY_S)
            try:
                shown = client.get(path)
            except requests.RequestException as error:
                patience.look(None, type(error).__name__)
                continue
            except Refused as error:
                if error.status < _SERVER_FAULT and error.status != _TOO_MANY:
                    raise _NotEnded(f"the import may not be looked at: {error.detail or error}") from None
                patience.look(None, f"status {error.status}")
                continue
            if shown["job"]["state"] not in _ENDED:
                patience.look(shown["job"])
            doing = _DOING.get(shown["job"]["state"], "done")
            progress.update(task, completed=shown["job"]["percent"], description=f"{name}: {doing}")
    return shown


def _print(result: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for error in result["errors"]:
        place = f"{error['sheet']}!{error['column_letter']}{error['row']}"
        hint = f" – {error['suggestion']}?" if error.get("suggestion") else ""
        console.print(f"{place}: {error['reason']}{hint}", markup=False)
    counts = ", ".join(f"{number} {name}" for name, number in result["counts"].items())
    state = {"dry_run": "Nothing written (dry run)", "stopped": "Nothing written", "cancelled": "Cancelled"}.get(
        result["state"], "Written"
    )
    console.print(f"{state}: {counts}", markup=False)
