"""An accounting adapter in one file: each document becomes a line of `documents.jsonl` in a folder.

It shows the whole contract (docs/adapters.md): a schema of settings, outcomes that say no more than is certain, and a
look-up by our key. `tests/contract/accounting` proves that it keeps it.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from services.billing.adapters.kind import TargetKind
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Finding, Found, NotSent, Rejected, Unclear
from services.billing.domain.target import ConnectionProblem, LinkStore, Prepared

LONGEST_WAIT_S = 5.0


class Settings(Schema):
    """What a person fills in. Every field has a description: the connection's form is made from it."""

    class Meta:
        """A misspelt setting must be an error."""

        unknown = RAISE

    folder = fields.String(
        required=True, validate=validate.Length(min=1, max=300), metadata={"description": "Folder of documents.jsonl"}
    )


class JsonLines:
    """Implements `services.billing.domain.target.AccountingTarget`."""

    name = "jsonl"

    def __init__(self, folder: Path) -> None:
        """Remember the place; nothing is touched before the first call."""
        self._path = folder / "documents.jsonl"

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """Make the line: the same bytes for the same document, so keys are sorted and decimals are texts."""
        if not document.lines:
            return Rejected("jsonl.no_lines", "The document has no lines.", "/lines")
        line = json.dumps(asdict(document), default=str, sort_keys=True, ensure_ascii=True)
        return Prepared(line.encode("ascii"), document.key)

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """Append the line once. Before the first byte nothing can have happened; after it everything may have."""
        try:
            with self._locked() as handle:
                content = _read(handle)
                whole, _, torn = content.rpartition(b"\n")
                if prepared.document_key in _keys(whole):
                    return Accepted(prepared.document_key)
                if torn:  # the writer of this line died; its document is Absent to every look-up
                    os.ftruncate(handle, len(content) - len(torn))
                return self._append(handle, prepared)
        except BlockingIOError:
            return NotSent("another process is writing")
        except OSError:
            return NotSent("the folder cannot be written")

    def find(self, document_key: str, document: Document) -> Finding:
        """Look through the whole lines; what is not readable says nothing."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            # A missing file means that nothing was sent, a missing folder may mean a disk that is not mounted.
            return Absent() if self._path.parent.is_dir() else CannotAsk("the folder is not there")
        except OSError:
            return CannotAsk("the file cannot be read")
        return Found(document_key) if document_key in _keys(content.rpartition(b"\n")[0]) else Absent()

    def check(self) -> None:
        """Prove by something harmless that sending would work."""
        if not (self._path.parent.is_dir() and os.access(self._path.parent, os.W_OK)):
            raise ConnectionProblem("The folder does not exist or cannot be written.")

    def _append(self, handle: int, prepared: Prepared) -> Accepted | Unclear:
        try:
            line = prepared.payload + b"\n"
            if os.write(handle, line) != len(line):
                return Unclear("the disk took only a part of the document")
            os.fsync(handle)
        except OSError:
            return Unclear("the disk failed while the document was written")
        return Accepted(prepared.document_key)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            deadline = time.monotonic() + LONGEST_WAIT_S
            while not _lock(handle) and time.monotonic() < deadline:
                time.sleep(0.01)
            if not _lock(handle):
                raise BlockingIOError
            yield handle
        finally:
            os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(handle: int) -> bytes:
    with open(os.dup(handle), "rb") as file:
        file.seek(0)
        return file.read()


def _keys(lines: bytes) -> frozenset[str]:
    return frozenset(json.loads(line)["key"] for line in lines.splitlines() if line)


def _build(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> JsonLines:
    """(loaded settings, secrets by name) → a connection. Calls nobody."""
    return JsonLines(Path(settings["folder"]))


KIND = TargetKind(name="jsonl", settings=Settings, secrets=(), build=_build)
