"""Targets that write files: what stands in the folder is read back without the adapters' code."""

from __future__ import annotations

import contextlib
import csv
import errno
import os
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from lxml import etree
from openpyxl import load_workbook

from services.billing.adapters.kind import Site
from services.billing.adapters.registry import built_in
from services.billing.tests.einvoices import FINVOICE_SETTINGS
from services.billing.tests.einvoices import SETTINGS as EINVOICE_SETTINGS
from tests.contract.accounting.baskets import line_net, recomputed
from tests.contract.accounting.bench import Bench, BookedDocument, Trouble

_NO_ANSWERS = "A folder gives no such answer: it takes a file or fails."
CANNOT: Mapping[Trouble, str] = dict.fromkeys(
    (
        Trouble.ERROR_500_AFTER_SAVE,
        Trouble.UNAVAILABLE_503,
        Trouble.GARBAGE,
        Trouble.TRUNCATED,
        Trouble.OK_WITHOUT_ID,
        Trouble.RATE_429,
        Trouble.EXPIRED_TOKEN,
        Trouble.MAINTENANCE,
        Trouble.VALIDATION_ERROR,
    ),
    _NO_ANSWERS,
)
ERRORS = {
    Trouble.TIMEOUT_BEFORE_SAVE: errno.ETIMEDOUT,
    Trouble.TIMEOUT_AFTER_SAVE: errno.ETIMEDOUT,
    Trouble.RESET_BEFORE_SAVE: errno.EIO,
    Trouble.RESET_AFTER_SAVE: errno.EIO,
}
AFTER = frozenset({Trouble.TIMEOUT_AFTER_SAVE, Trouble.RESET_AFTER_SAVE})


class FolderBench(Bench):
    """A file target in a folder of its own, handed over by a rename into it."""

    cannot = CANNOT
    folder = "out"

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def path(self) -> Path:
        """Where the files appear."""
        return self.root / self.folder

    def files(self) -> list[Path]:
        """The visible files in the order of their names."""
        if not self.path.is_dir():
            return []
        return sorted(path for path in self.path.iterdir() if path.is_file() and not path.name.startswith("."))

    @contextlib.contextmanager
    def trouble(self, trouble: Trouble) -> Iterator[None]:
        if trouble is Trouble.CONNECT_REFUSED:
            with self._away():
                yield
            return
        with mock.patch("os.replace", self._failing(os.replace, trouble)):
            yield

    def _failing(self, real: Callable[..., None], trouble: Trouble) -> Callable[..., None]:
        """A rename into the visible folder that fails, before or after it was done (as network disks can)."""

        def replace(source: Any, destination: Any) -> None:
            into_sight = Path(destination).parent.resolve() == self.path.resolve()
            if not into_sight or trouble in AFTER:
                real(source, destination)
            if into_sight:
                raise OSError(ERRORS[trouble], "made by the bench")

        return replace

    @contextlib.contextmanager
    def _away(self) -> Iterator[None]:
        """The folder is gone, and nobody can make a new one in its place."""
        aside = self.root / "aside"
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.rename(aside)
        self.path.write_text("in the way")
        try:
            yield
        finally:
            self.path.unlink()
            aside.rename(self.path)


class ExcelBench(FolderBench):
    """Workbooks or CSV, one file each or growing. The usual columns, and totals as a target would compute them."""

    def __init__(self, root: Path, file_type: str, files: str) -> None:
        super().__init__(root)
        self.kind = built_in(Site(export_root=root))["excel"]
        self._seen: dict[tuple[str, int, int], list[BookedDocument]] = {}
        self._settings = {"folder": self.folder, "file_type": file_type, "files": files, "language": "en"}

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self._settings)

    def books(self) -> list[BookedDocument]:
        return [document for path in self.files() for document in self._read(path)]

    def _read(self, path: Path) -> list[BookedDocument]:
        """The documents of a file; read once for each of its states, since opening workbooks is slow."""
        state = (path.name, path.stat().st_mtime_ns, path.stat().st_ino)
        if state not in self._seen:
            found: dict[str, list[dict[str, Any]]] = {}
            for row in self._rows(path):
                found.setdefault(row["Key"], []).append(row)
            self._seen[state] = [self._booked(key, path.name, rows) for key, rows in found.items()]
        return self._seen[state]

    def _rows(self, path: Path) -> Iterator[dict[str, Any]]:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from csv.DictReader(file, delimiter=";")
            return
        header, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
        yield from (dict(zip(header, row, strict=True)) for row in rows)

    def _booked(self, key: str, name: str, rows: list[dict[str, Any]]) -> BookedDocument:
        lines = []
        for row in rows:
            quantity, price, discount = (_number(row[n]) for n in ("Quantity", "Unit price", "Discount %"))
            net = _number(row["Without VAT"])
            assert net == line_net(quantity, price, discount), "the line does not compute"
            assert _number(row["With VAT"]) == net + _number(row["VAT"])
            assert row["Customer number"] in ("01042", "", None), "leading zeros are lost"
            lines.append((net, row["VAT category"], _number(row["VAT %"])))
        # A line that stands twice, as after a repeat into a growing file, must not look like one document.
        positions = [_number(row["Line"]) for row in rows]
        assert positions == sorted(set(positions)), f"{key} stands more than once in {name}"
        net, vat, gross = recomputed(lines)
        assert sum((_number(row["VAT"]) for row in rows), Decimal(0)) == vat
        return BookedDocument(key, name, net, vat, gross, tuple(line[0] for line in lines))


def _number(value: Any) -> Decimal:
    """A number of a cell, or a text of CSV."""
    return Decimal(value.replace(",", ".")) if isinstance(value, str) else Decimal(str(value))


class EinvoiceBench(FolderBench):
    """Finvoice or Peppol into a folder."""

    def __init__(self, root: Path, which: str) -> None:
        super().__init__(root)
        self.kind = built_in(Site(export_root=root))[which]
        self._settings = FINVOICE_SETTINGS if which == "finvoice" else EINVOICE_SETTINGS
        self._read = _finvoice if which == "finvoice" else _peppol

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self._settings)

    def books(self) -> list[BookedDocument]:
        return [self._read(path, etree.parse(path).getroot()) for path in self.files()]


def _finvoice(path: Path, root: etree._Element) -> BookedDocument:
    def amount(name: str) -> Decimal:
        return _number(root.findtext(f"InvoiceDetails/{name}"))

    return BookedDocument(
        key=path.stem,
        target_id=path.name,
        net=amount("InvoiceTotalVatExcludedAmount"),
        vat=amount("InvoiceTotalVatAmount"),
        gross=amount("InvoiceTotalVatIncludedAmount"),
        line_nets=tuple(
            _number(row.findtext("RowVatExcludedAmount"))
            for row in root.findall("InvoiceRow")
            if row.find("RowVatExcludedAmount") is not None
        ),
    )


def _peppol(path: Path, root: etree._Element) -> BookedDocument:
    spaces = {
        "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
        "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    }
    sign = -1 if etree.QName(root).localname == "CreditNote" else 1

    def amounts(place: str) -> tuple[Decimal, ...]:
        return tuple(sign * Decimal(each.text or "") for each in root.findall(place, spaces))

    lines = amounts("cac:InvoiceLine/cbc:LineExtensionAmount") + amounts("cac:CreditNoteLine/cbc:LineExtensionAmount")
    return BookedDocument(
        key=path.stem,
        target_id=path.name,
        net=amounts("cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount")[0],
        vat=amounts("cac:TaxTotal/cbc:TaxAmount")[0],
        gross=amounts("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount")[0],
        line_nets=lines,
    )
