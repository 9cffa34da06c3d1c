"""The zip file that an .xlsx is, opened as something an attacker may have made.

Two guards against zip bombs: the directory is read first, so an honest bomb costs nothing; and what is
unpacked is counted as it comes, because a directory can lie. Nothing is written to disk, executed or
fetched; relations to the outside are not followed.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, Final

from shared.excel.errors import NotAWorkbook, WorkbookTooLarge
from shared.excel.limits import WorkbookLimits

_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_MACRO_ENDS: Final = ("vbaproject.bin", "script-lb.xml")
"""Parts with programs: of Excel, and of LibreOffice."""
_CHUNK: Final = 64 * 1024
_SMALL_PART: Final = 1024 * 1024
_ZIP_FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
"""What the zipfile module raises on damaged or unusual files; none of it is our own."""


class Reason(StrEnum):
    """Why a file is not a workbook we read: stable, goes out as `reason`."""

    EMPTY = "empty"
    NOT_XLSX = "not_xlsx"
    OLD_FORMAT = "old_format"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    EXTERNAL_LINKS = "external_links"
    DAMAGED = "damaged"


_TEXTS: Final = {
    Reason.EMPTY: "The file is empty",
    Reason.NOT_XLSX: "The file is not a workbook (.xlsx, .ods) or a table as text (.csv)",
    Reason.OLD_FORMAT: "The file is in the old Excel format (.xls): save it as .xlsx",
    Reason.ENCRYPTED: "The workbook is protected with a password: save it without one",
    Reason.MACROS: "The workbook contains macros: save it as .xlsx without them",
    Reason.EXTERNAL_LINKS: "The workbook takes values from other files: save it with the values themselves",
    Reason.DAMAGED: "The workbook is damaged",
}


def refused(reason: Reason, where: str = "") -> NotAWorkbook:
    """Build the error for `reason`; `where` is the part of the package, for the log of the one who asks."""
    text = f"{_TEXTS[reason]} ({where})" if where else _TEXTS[reason]
    return NotAWorkbook(text, reason=reason.value)


def too_large(limit: str, text: str) -> WorkbookTooLarge:
    """Build the error for passing `limit`, a field of WorkbookLimits."""
    return WorkbookTooLarge(text, limit=limit)


class Package:
    """The parts of an opened workbook. Names are compared without regard to case, as OPC demands."""

    def __init__(self, archive: zipfile.ZipFile, limits: WorkbookLimits) -> None:
        self._archive = archive
        self._limits = limits
        self._unpacked = 0
        self._parts = {part_name(info.filename): info for info in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return part_name(name) in self._parts

    @property
    def is_open_document(self) -> bool:
        """Say whether this is an OpenDocument file (.ods) and no .xlsx."""
        return "mimetype" in self and "content.xml" in self

    def names(self) -> tuple[str, ...]:
        """Names of all parts in lower case, without a leading slash."""
        return tuple(self._parts)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack one part piece by piece. Raises NotAWorkbook (missing, damaged) or WorkbookTooLarge."""
        info = self._parts.get(part_name(name))
        if info is None:
            raise refused(Reason.DAMAGED, name)
        try:
            with self._archive.open(info) as part:
                while piece := part.read(_CHUNK):
                    self._unpacked += len(piece)
                    if self._unpacked > self._limits.uncompressed_bytes:
                        raise too_large("uncompressed_bytes", "The workbook unpacks to too much data")
                    yield piece
        except _ZIP_FAULTS as fault:
            raise refused(Reason.DAMAGED, name) from fault


def part_name(name: str) -> str:
    """Bring a part's name to the form in which names are compared."""
    return name.replace("\\", "/").lstrip("/").lower()


def read_content(stream: BinaryIO, limits: WorkbookLimits) -> bytes:
    """Read `stream` to its end. Raises WorkbookTooLarge beyond `limits.compressed_bytes`, NotAWorkbook if it is empty
    or in Excel's old format.
    """
    content = stream.read(limits.compressed_bytes + 1)
    if len(content) > limits.compressed_bytes:
        raise too_large("compressed_bytes", f"The file is larger than {limits.compressed_bytes // 1024} KiB")
    if not content:
        raise refused(Reason.EMPTY)
    if content.startswith(_OLE_MAGIC):
        raise refused(Reason.ENCRYPTED if _ENCRYPTED_PACKAGE in content else Reason.OLD_FORMAT)
    return content


def open_package(content: bytes, limits: WorkbookLimits) -> Package:
    """Open the bytes of a zip file as a package. Raises WorkbookTooLarge or NotAWorkbook before anything is
    unpacked.
    """
    if not content.startswith(b"PK"):
        raise refused(Reason.NOT_XLSX)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _ZIP_FAULTS as fault:
        raise refused(Reason.DAMAGED) from fault
    _refuse_bombs(archive, limits)
    package = Package(archive, limits)
    if any(name.endswith(_MACRO_ENDS) or "/macrosheets/" in name for name in package.names()):
        raise refused(Reason.MACROS)
    if any("/externallinks/" in name for name in package.names()):  # what it says of the other file may be long old
        raise refused(Reason.EXTERNAL_LINKS)
    if "[content_types].xml" not in package and not package.is_open_document:
        raise refused(Reason.NOT_XLSX)
    return package


def _refuse_bombs(archive: zipfile.ZipFile, limits: WorkbookLimits) -> None:
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise too_large("parts", f"The workbook consists of {len(parts)} parts")
    if sum(part.file_size for part in parts) > limits.uncompressed_bytes:
        raise too_large("uncompressed_bytes", "The workbook unpacks to too much data")
    for part in parts:
        if part.flag_bits & 0x1:
            raise refused(Reason.ENCRYPTED)
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # OPC allows no other
            raise refused(Reason.DAMAGED, "compression")
        if part.file_size > max(_SMALL_PART, part.compress_size * limits.ratio):
            raise too_large("ratio", "The workbook is packed more tightly than any real one")
