"""Imports of large workbooks: against openpyxl's reading of the same file, in seconds, and in memory.

Each register is measured in a process of its own (`python -m tests.bench.imports REGISTER FILE`), which has the service
on a PostgreSQL database and calls it as its clients do: only so is the peak of its memory its own. openpyxl reads the
file before and after, in another process, so that a machine that gets slower does not decide.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import structlog
from openpyxl import Workbook, load_workbook

from shared.finland import InvalidForm, read_business_id
from shared.testing.service import service_under_test

_WITHIN_S = 3_600.0
_FIRST_BUSINESS_ID = 9_100_000


@dataclass(frozen=True, slots=True)
class Effort:
    """What one step cost: seconds on the wall and of the processor, the greatest memory, and how much more that was.

    database_s  seconds of the processor in PostgreSQL for the service's database, if it runs on this machine
    """

    wall_s: float
    cpu_s: float
    database_s: float
    peak_mib: float
    added_mib: float


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """openpyxl: its readings before and after; the others: the steps of the import, in their order."""

    openpyxl: list[Effort]
    dry_run: Effort
    confirm: Effort
    export: Effort

    @property
    def peak_mib(self) -> float:
        """The greatest memory of dry run and confirmation."""
        return max(self.dry_run.peak_mib, self.confirm.peak_mib)

    @property
    def dry_run_ratio(self) -> float:
        """Processor seconds of the dry run to those of openpyxl's reading."""
        return self.dry_run.cpu_s / (sum(one.cpu_s for one in self.openpyxl) / len(self.openpyxl))


def measure_import(register: str, rows: int, folder: Path) -> ImportFigures:
    """Import `rows` invented rows into `register` (customers or products). Raises RuntimeError if a row is missing."""
    file = folder / f"{register}-{rows}.xlsx"
    _ROWS[register](file, rows)
    before = _in_child("openpyxl", file)
    steps = _in_child(register, file)
    after = _in_child("openpyxl", file)
    if steps.pop("created") != rows:
        raise RuntimeError(f"{register}: not every one of {rows} rows arrived")
    efforts = {name: Effort(**effort) for name, effort in steps.items()}
    return ImportFigures([Effort(**before["read"]), Effort(**after["read"])], **efforts)


def _in_child(what: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.imports", what, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_WITHIN_S)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _customers(file: Path, rows: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Asiakkaat")
    sheet.append(
        ["Asiakasnumero", "Nimi", "Y-tunnus", "Tyyppi", "Laskutusosoite", "Postinumero", "Postitoimipaikka",
         "Sähköposti", "Puhelin", "Maksuehto", "Yhteyshenkilö", "Lisätiedot"]
    )  # fmt: skip
    business_ids = _business_ids()
    for n in range(1, rows + 1):
        sheet.append(
            [f"{n:05d}", f"Mallifirma {n} Oy", next(business_ids), "Yritys", f"Haapatie {n % 200} A {n % 30}",
             f"{n * 7 % 99_999:05d}", "HELSINKI", f"lasku{n}@malli.example", f"040 {1_000_000 + n}", 14,
             f"Maija Malli{n}", "Tilaukset kirjallisesti"]
        )  # fmt: skip
    book.save(file)


def _business_ids() -> Iterator[str]:
    number = _FIRST_BUSINESS_ID
    while True:
        number += 1
        for check in "0123456789":
            try:
                yield read_business_id(f"{number}-{check}")
            except InvalidForm:
                continue


def _products(file: Path, rows: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Tuotteet")
    sheet.append(
        ["Tuotekoodi", "Tuotenimi", "Tuoteryhmä", "Yksikkö", "Hinta alv 0", "Ostohinta", "ALV %", "Tili", "EAN"]
    )
    for n in range(1, rows + 1):
        sheet.append(
            [f"T-{n:06d}", f"Asennuskaapeli MMJ 3x2,5 nro {n}", f"Ryhmä {n % 60}", "m", round(1 + n / 700, 2),
             round(0.5 + n / 900, 2), 25.5, "3000", str(6_400_000_000_000 + n)]
        )  # fmt: skip
    book.save(file)


_ROWS: dict[str, Callable[[Path, int], None]] = {"customers": _customers, "products": _products}


def _effort(step: Callable[[], Any], database: str | None = None) -> tuple[dict[str, float], Any]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    held, in_database = _memory_mib("VmRSS"), _database_s(database)
    wall, cpu = time.perf_counter(), time.process_time()
    answer = step()
    found = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    peak, in_database = _memory_mib("VmHWM"), _database_s(database) - in_database
    return {**found, "database_s": in_database, "peak_mib": peak, "added_mib": peak - held}, answer


def _database_s(name: str | None) -> float:
    """Of the backends that are connected to the database: each names it in its title."""
    used = 0.0
    for process in psutil.process_iter(["cmdline", "cpu_times"]) if name else ():
        title, times = " ".join(process.info["cmdline"] or ()), process.info["cpu_times"]
        if title.startswith("postgres:") and f" {name} " in title and times:
            used += times.user + times.system
    return used


def _memory_mib(name: str) -> float:
    """The process's own memory: `ru_maxrss` would begin with that of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _read_with_openpyxl(content: bytes) -> None:
    book = load_workbook(io.BytesIO(content), read_only=True)
    for sheet in book.worksheets:
        for _row in sheet.iter_rows(values_only=True):
            pass


def _steps(register: str, content: bytes) -> dict[str, Any]:
    if register == "customers":
        from services.customers.bootstrap import SERVICE
    else:
        from services.catalog.bootstrap import SERVICE
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rights = ("customers.read", "customers.write", "products.read", "products.write", "prices.read", "costs.read")
    with (
        tempfile.TemporaryDirectory() as folder,
        service_under_test(SERVICE, "postgresql", Path(folder)) as service,
    ):
        caller, database = service.caller(*rights), service.engine.url.database

        def send(mode: str) -> int:
            answer = caller.post(
                f"/imports?register={register}&mode={mode}&job=no",
                data={"file": (io.BytesIO(content), "x.xlsx")},
                content_type="multipart/form-data",
            )
            return int(answer.json["counts"]["created"])

        dry_run, _ = _effort(lambda: send("dry_run"), database)
        confirm, created = _effort(lambda: send("confirm"), database)
        export, _ = _effort(lambda: len(caller.get(f"/{register}/export").data), database)
        return {"dry_run": dry_run, "confirm": confirm, "export": export, "created": created}


if __name__ == "__main__":
    what, path = sys.argv[1], Path(sys.argv[2])
    read = path.read_bytes()
    result = {"read": _effort(lambda: _read_with_openpyxl(read))[0]} if what == "openpyxl" else _steps(what, read)
    print(json.dumps(result), flush=True)
    os._exit(0)  # nothing is left to do; interpreters take their time to free a large report
