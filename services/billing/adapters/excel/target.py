"""Files for billers as an accounting target."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.billing.adapters.excel import layout as layouts
from services.billing.adapters.excel.folder import ExportFolder, is_key
from services.billing.adapters.excel.layout import Layout
from services.billing.adapters.excel.sheets import NotOurFile, SheetForm
from services.billing.adapters.faults import Fault, Refused, outcome_of_write
from services.billing.domain.document import Document
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Finding, Found, NotSent, Rejected, Unclear
from services.billing.domain.preflight import Problem, blocks
from services.billing.domain.target import ConnectionProblem, LinkStore, Prepared

_MOST_FILES = 99
_NOT_IN_NAMES = re.compile(r"[^\w\-]+")


@dataclass(frozen=True, slots=True)
class Naming:
    """How files are called.

    files   document, batch, day or month
    prefix  of growing files
    suffix  xlsx or csv
    """

    files: str
    prefix: str
    suffix: str

    @property
    def is_growing(self) -> bool:
        """Whether several documents share a file."""
        return self.files != "document"

    def stem(self, document_key: str, document: Document) -> str:
        """The name without suffix, the same in every attempt."""
        day = document.document_date
        if self.files == "batch":
            # The end of the id tells batches of a day apart; a document of no batch is a batch of its own.
            return f"{self.prefix}-{day.isoformat()}-{(document.batch_id or document.key)[-12:]}"
        if self.is_growing:
            return f"{self.prefix}-{day.isoformat() if self.files == 'day' else f'{day:%Y-%m}'}"
        number = _NOT_IN_NAMES.sub("-", document.payer.number)[:30].strip("-")
        return f"{day.isoformat()}_{number}_{document_key}"

    def candidates(self, stem: str) -> Iterator[str]:
        """The names of a growing file and of those begun after it because their columns are others."""
        yield f"{stem}.{self.suffix}"
        for number in range(2, _MOST_FILES + 1):
            yield f"{stem}-{number}.{self.suffix}"


class ExcelTarget:
    """Implements `AccountingTarget` (see there for what each call promises). The id is the file's name."""

    name = "excel"

    def __init__(self, folder: ExportFolder, form: SheetForm, layout: Layout, naming: Naming) -> None:
        self._folder = folder
        self._form = form
        self._layout = layout
        self._naming = naming

    def preflight(self, document: Document) -> Sequence[Problem]:
        """The little that a file cannot show; see `services.billing.domain.target.ForeseesProblems`."""
        return blocks(_objections(document))

    def prepare(self, document: Document, links: LinkStore) -> Prepared | Rejected | NotSent | Unclear:
        """The rows as JSON: what is hashed and shown. The file is made of them when they are written."""
        refusal = next(_objections(document), None)
        if refusal is not None:
            return refusal
        stem = self._naming.stem(document.key, document)
        return Prepared(layouts.payload(stem, document, self._layout), document.key)

    def send(self, prepared: Prepared) -> Accepted | Rejected | NotSent | Unclear:
        """Write the file, or the rows into the growing one, in one rename."""
        content, key = json.loads(prepared.payload), prepared.document_key
        try:
            name = self._folder.put(key, lambda: self._search(content["file"], key), lambda: self._grown(content))
            return Accepted(name)
        except Fault as fault:
            return outcome_of_write(fault)

    def find(self, document_key: str, document: Document) -> Finding:
        """By the folder's marker of the key; without one by the files themselves."""
        if not is_key(document_key):
            return CannotAsk("the key cannot be part of a file name")
        try:
            stem = self._naming.stem(document_key, document)
            name = self._folder.written(document_key) or self._search(stem, document_key)
        except Fault as fault:
            return CannotAsk(fault.reason)
        return Absent() if name is None else Found(name)

    def check(self) -> None:
        """Make the folder if needed and write an empty file that is removed at once."""
        try:
            self._folder.ready()
        except Fault as fault:
            raise ConnectionProblem(fault.reason, reason="connection.storage") from None

    def _grown(self, content: Mapping[str, Any]) -> tuple[str, bytes]:
        rows = [layouts.from_json(row) for row in content["rows"]]
        for name in self._naming.candidates(content["file"]):
            old = self._folder.read(name)
            if old is None or self._header(name, old) == content["header"]:
                return name, self._form.grown(old, content["header"], rows)
        raise Refused("excel.too_many_files", "The folder has too many files of the same name with other columns.")

    def _header(self, name: str, content: bytes) -> list[str]:
        try:
            return self._form.header(content)
        except NotOurFile:
            raise _unreadable(name) from None

    def _search(self, stem: str, document_key: str) -> str | None:
        present = frozenset(self._folder.names())
        names = [name for name in self._naming.candidates(stem) if name in present]
        if not self._naming.is_growing:
            return next(iter(names), None)
        return next((name for name in names if self._has(name, document_key)), None)

    def _has(self, name: str, document_key: str) -> bool:
        content = self._folder.read(name)
        if content is None:
            return False
        place = self._key_column(self._header(name, content))
        try:
            return place is not None and document_key in self._form.column(content, place)
        except NotOurFile:
            raise _unreadable(name) from None

    def _key_column(self, header: list[str]) -> int | None:
        """Where the key stands, in a file of the present layout or of an older one with the same name for it."""
        ours = next(each.header for each in self._layout.columns if each.field == "document.key")
        return header.index(ours) if ours in header else None


def _objections(document: Document) -> Iterator[Rejected]:
    if not document.lines:
        yield Rejected("excel.no_lines", "The document has no lines.", "/lines")
    if not is_key(document.key):
        yield Rejected("excel.key", "The key of the document cannot be part of a file name.", "/key")


def _unreadable(name: str) -> Refused:
    detail = f"The file {name} in the export folder cannot be read. Move it away and try again."
    return Refused("excel.unreadable_file", detail)
