"""A folder in which each document appears exactly once, even if the writer dies on any line.

People open, move and delete the files, so the files alone cannot tell whether a document was written. Below
`.urakka` each document has a marker, and the steps are ordered so that marker and part file together always tell:

    part file written ─► marker "started" ─► part renamed to its place ─► marker "done"

| marker | part file | the document |
|---|---|---|
| none | any | is not there (or the marker was deleted: then the files are searched) |
| started | there | is not there: the rename did not happen |
| started | gone | is there: only the rename takes the part file away |
| done | any | is there, even if somebody has taken the file since |
"""

import contextlib
import fcntl
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from services.billing.adapters.faults import NoAnswer, NothingSent

TURN_S: Final = 5.0
_HIDDEN: Final = ".urakka"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}")
_PAUSE = threading.Event()


class ExportFolder:
    """One folder below the export root. Raises only NothingSent and NoAnswer."""

    def __init__(self, root: Path, relative: str) -> None:
        self._root = root
        self._path = root / relative

    def ready(self) -> None:
        """Make the folder if it is missing and prove that it can be written. Leaves nothing behind."""
        with self._turn():
            probe = self._hidden("check.part")
            try:
                _write(probe, b"")
                probe.unlink()
            except OSError:
                raise NothingSent("the export folder cannot be written") from None

    def written(self, key: str) -> str | None:
        """The file that the document went into, by its marker; None if it did not (as far as markers tell)."""
        marker = self._marker(key)
        if marker is None or marker["key"] != key:
            return None
        if marker["state"] == "done" or not self._exists(self._part(key)):
            return str(marker["file"])
        return None

    def names(self) -> list[str]:
        """The names of the files in the folder, sorted; none if there is no folder yet."""
        try:
            return sorted(entry.name for entry in os.scandir(self._path) if entry.is_file())
        except FileNotFoundError:
            return []
        except OSError:
            raise NothingSent("the export folder cannot be read") from None

    def read(self, name: str) -> bytes | None:
        """The file's bytes, None if there is none."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            raise NothingSent(f"the file {name} cannot be read") from None

    def put(self, key: str, search: Callable[[], str | None], choose: Callable[[], tuple[str, bytes]]) -> str:
        """Write the document unless it is there; returns the file's name.

        search  → the file that has the document, for when its marker was deleted
        choose  → (name, whole new content)
        Both are called while nobody else writes into the folder.
        """
        with self._turn():
            there = self.written(key) or search()
            if there is not None:
                return there
            name, content = choose()
            self._refuse_if_open(name)
            try:
                part = self._part(key)
                _write(part, content)
                self._mark(key, name, "started")
            except OSError:
                raise NothingSent("the export folder cannot be written") from None
            self._move(part, name)
            with contextlib.suppress(OSError):  # without it the marker says "started" and the part file is gone
                self._mark(key, name, "done")
            return name

    def _move(self, part: Path, name: str) -> None:
        try:
            os.replace(part, self._path / name)
            _sync_folder(self._path)
        except OSError:
            try:
                is_still_there = part.exists()
            except OSError:
                raise NoAnswer("the export folder went away while it was written") from None
            if is_still_there:
                raise NothingSent(f"the file {name} cannot be written; somebody may have it open") from None

    def _refuse_if_open(self, name: str) -> None:
        """Excel and LibreOffice would write their own state over ours when they save."""
        for other in (f"~${name}", f"~${name[2:]}", f".~lock.{name}#"):
            if self._exists(self._path / other):
                raise NothingSent(f"the file {name} is open in somebody's spreadsheet program; close it")

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        try:
            if not self._path.resolve().is_relative_to(self._root.resolve()):
                raise NothingSent("the folder leads out of the export folder of the installation")
            self._hidden("").mkdir(parents=True, exist_ok=True)
            lock = open(self._hidden("lock"), "ab")  # noqa: SIM115 - closed by the block below
        except OSError:
            raise NothingSent("the export folder cannot be reached") from None
        with lock:
            _lock(lock.fileno())
            yield

    def _marker(self, key: str) -> dict[str, str] | None:
        try:
            content = json.loads(self._hidden(f"{_checked(key)}.json").read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise NothingSent("the export folder cannot be read") from None
        return content if isinstance(content, dict) and {"key", "file", "state"} <= content.keys() else None

    def _mark(self, key: str, name: str, state: str) -> None:
        content = json.dumps({"key": key, "file": name, "state": state}, ensure_ascii=False).encode()
        fresh = self._hidden(f"{_checked(key)}.new")
        _write(fresh, content)
        os.replace(fresh, self._hidden(f"{_checked(key)}.json"))

    def _part(self, key: str) -> Path:
        return self._hidden(f"{_checked(key)}.part")

    def _hidden(self, name: str) -> Path:
        return self._path / _HIDDEN / name

    def _exists(self, path: Path) -> bool:
        try:
            return path.exists()
        except OSError:
            raise NothingSent("the export folder cannot be read") from None


def is_key(key: str) -> bool:
    """Whether the key may become a part of a file name."""
    return _KEY.fullmatch(key) is not None


def _checked(key: str) -> str:
    if not is_key(key):
        raise NothingSent("the key of the document cannot be part of a file name")
    return key


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    deadline = time.monotonic() + TURN_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise NothingSent("another process has been writing into the export folder for too long") from None
            _PAUSE.wait(0.02)
        except OSError:
            raise NothingSent("the export folder cannot be locked") from None
