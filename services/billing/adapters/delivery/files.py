"""Delivering into a directory, wherever it is: the order of steps that makes a repeat harmless.

Beside the directory's files stands a hidden `.urakka` with two names for each document:

    .urakka/KEY.xml.part   the file while it is written; renaming it to KEY.xml is the hand-over
    .urakka/KEY.json       a receipt, written before the rename: number, total and hash of the file

Renaming is all or nothing, so who collects the files never sees half of one, and what happened can be told
afterwards, even when the file was collected long ago: a receipt without its .part means that it was handed over.
"""

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from services.billing.adapters.delivery.parcel import Parcel, file_name
from services.billing.domain.outcomes import Absent, Accepted, CannotAsk, Finding, Found, NotSent, Unclear
from services.billing.domain.target import ConnectionProblem

HIDDEN: Final = ".urakka"
_PROBE: Final = f"{HIDDEN}/probe.part"


class StoreFault(Exception):
    """The directory cannot be used. `reason` is a sentence for people, without paths of the server."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileStore(Protocol):
    """A directory. Paths are relative to it, with "/". Every method may raise StoreFault."""

    def make_directory(self, path: str) -> None:
        """Make it, if it is not there."""

    def write(self, path: str, payload: bytes) -> None:
        """Write the whole file so that it survives a loss of power; replaces one of the same name."""

    def rename(self, old: str, new: str) -> None:
        """Give the file its new name at one moment, in place of another file of that name."""

    def read(self, path: str) -> bytes | None:
        """The file's content, None if there is none."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of this name."""

    def remove(self, path: str) -> None:
        """Remove a file."""

    def close(self) -> None:
        """End whatever was opened."""


class Opener(Protocol):
    """Opens the directory for one call."""

    def __call__(self) -> FileStore:
        """Raises StoreFault."""


class FileDelivery:
    """Implements `Delivery` over a `FileStore`."""

    def __init__(self, open_store: Opener) -> None:
        self._open = open_store

    def deliver(self, parcel: Parcel) -> Accepted | NotSent | Unclear:
        """Write, leave the receipt, rename. Before the rename nothing was handed over."""
        name = parcel.file_name
        part = f"{HIDDEN}/{name}.part"
        try:
            store = self._open()
        except StoreFault as fault:
            return NotSent(fault.reason)
        try:
            try:
                store.make_directory(HIDDEN)
                store.write(part, parcel.payload)
                store.write(_receipt_path(parcel.key), _receipt(parcel))
            except StoreFault as fault:
                return NotSent(fault.reason)
            try:
                store.rename(part, name)
            except StoreFault as fault:
                return NotSent(fault.reason) if _surely_waits(store, part) else Unclear(fault.reason)
        finally:
            store.close()
        return Accepted(name)

    def find(self, document_key: str) -> Finding:
        """From the file itself, or from the receipt if it was collected.

        Without the hidden directory nothing follows from what is missing: a share that is not mounted, or another
        folder in the settings, looks just so.
        """
        name = file_name(document_key)
        try:
            store = self._open()
            try:
                if not store.exists(HIDDEN):
                    return CannotAsk("The directory has no record of earlier deliveries: it may not be the same one")
                receipt = store.read(_receipt_path(document_key))
                waits = store.exists(f"{HIDDEN}/{name}.part")
                stands = store.exists(name)
            finally:
                store.close()
        except StoreFault as fault:
            return CannotAsk(fault.reason)
        if stands or (receipt is not None and not waits):
            return _found(name, receipt)
        return Absent()

    def check(self) -> None:
        """Write, read and remove a file in the hidden directory. Raises ConnectionProblem."""
        try:
            store = self._open()
            try:
                store.make_directory(HIDDEN)
                store.write(_PROBE, b"probe")
                if store.read(_PROBE) != b"probe":
                    raise StoreFault("What was written to the directory cannot be read there")
                store.remove(_PROBE)
            finally:
                store.close()
        except StoreFault as fault:
            raise ConnectionProblem(fault.reason, reason="connection.storage") from None


def _surely_waits(store: FileStore, part: str) -> bool:
    """Whether the file certainly still has its first name, so that the failed rename did nothing."""
    try:
        return store.exists(part)
    except StoreFault:
        return False


def _receipt_path(document_key: str) -> str:
    return f"{HIDDEN}/{file_name(document_key).removesuffix('.xml')}.json"


def _receipt(parcel: Parcel) -> bytes:
    told = {
        "number": parcel.number,
        "gross": str(parcel.gross),
        "sha256": hashlib.sha256(parcel.payload).hexdigest(),
    }
    return json.dumps(told, sort_keys=True).encode()


def _found(name: str, receipt: bytes | None) -> Found:
    """With number and total where the receipt tells them; a receipt that cannot be read takes nothing away."""
    try:
        told = json.loads(receipt or b"{}")
        return Found(name, str(told["number"]), Decimal(told["gross"]))
    except (ValueError, KeyError, TypeError, InvalidOperation):
        return Found(name)
