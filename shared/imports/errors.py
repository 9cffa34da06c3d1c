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


class ImportNotRunning(Conflict):
    """Only an import that waits or runs as a job can be cancelled."""

    code = "import.not_running"
    title = "This import has ended already"


class GivenUp(Conflict):
    """Several workers took the job up, and none came to its end."""

    code = "import.given_up"
    title = "The import was given up"


class UnknownField(RuleBroken):
    """The mapping names a field that the register does not have."""

    code = "import.unknown_field"
    title = "The register has no such field"


class FileGone(NotFound):
    """Uploaded files are kept for a limited time."""

    code = "import.file_gone"
    title = "The file of this import is no longer kept"
