"""A directory of this machine (or one that is mounted here)."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.billing.adapters.delivery.files import StoreFault


class Folder:
    """Implements `FileStore` in a local directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def make_directory(self, path: str) -> None:
        """Make it, readable for the owner and the group only."""
        with _told("The directory cannot be written to"):
            (self._root / path).mkdir(mode=0o750, exist_ok=True)

    def write(self, path: str, payload: bytes) -> None:
        """Write and flush to the disk."""
        with _told("The file could not be written"):
            descriptor = os.open(self._root / path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
            with open(descriptor, "wb") as file:
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())

    def rename(self, old: str, new: str) -> None:
        """Rename, then flush both directories, so that the name survives too."""
        with _told("The file could not be put into its place"):
            os.replace(self._root / old, self._root / new)
            for directory in {(self._root / old).parent, (self._root / new).parent}:
                descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def read(self, path: str) -> bytes | None:
        """The content."""
        with _told("The file cannot be read"):
            try:
                return (self._root / path).read_bytes()
            except FileNotFoundError:
                return None

    def exists(self, path: str) -> bool:
        """Whether it is there."""
        with _told("The directory cannot be read"):
            try:
                (self._root / path).stat()
            except FileNotFoundError:
                return False
            return True

    def remove(self, path: str) -> None:
        """Remove it."""
        with _told("The file could not be removed"):
            (self._root / path).unlink()

    def close(self) -> None:
        """Nothing is open."""


def folder_opener(root: Path, path: str) -> Callable[[], Folder]:
    """Open (and make) the directory `path` below `root`; symbolic links must not lead out of `root`.

    Where files may be put is the decision of the installation's operator, not of who sets up a connection.
    """

    def open_folder() -> Folder:
        with _told("The directory cannot be made on the server"):
            (root / path).mkdir(mode=0o750, parents=True, exist_ok=True)
            real = (root / path).resolve(strict=True)
            allowed = root.resolve(strict=True)
        if not real.is_relative_to(allowed):
            raise StoreFault("The directory lies outside of what this installation allows")
        return Folder(real)

    return open_folder


@contextmanager
def _told(reason: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreFault(f"{reason} ({error.strerror or type(error).__name__})") from None
