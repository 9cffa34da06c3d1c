"""What can be wrong with an import as a whole, in words for people who do not program."""

from __future__ import annotations

from shared.errors import Conflict, NotFound, RuleBroken


class ImportNotUndoable(Conflict):
    """Only a confirmed import can be undone, and only once."""

    code = "import.not_undoable"
    title = "This import cannot be undone"


class RecordsTouched(Conflict):
    """Records of the import were changed or used since; `errors` names the first hundred."""

    code = "import.records_touched"
    title = "Records of this import were changed since"


class UnknownField(RuleBroken):
    """The mapping names a field that the register does not have."""

    code = "import.unknown_field"
    title = "The register has no such field"


class FileGone(NotFound):
    """Uploaded files are kept for a limited time."""

    code = "import.file_gone"
    title = "The file of this import is no longer kept"
