"""Folders on the server belong to one firm: nobody's billing material may end up among another's."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select

from services.billing.domain.errors import InvalidSettings
from services.billing.models import Connection
from shared.context import system_context
from shared.db import Database
from shared.errors import FieldError

_WRITERS = ("excel", "finvoice", "peppol")


def refuse_foreign_folder(database: Database, tenant_id: str, target: str, settings: Mapping[str, Any]) -> None:
    """Raise InvalidSettings if the files of another firm go to the folder that these settings name.

    Looks across all firms, which no transaction of a firm can. Connections that were taken out of use count: their
    files are still there.
    """
    wanted = _folder(target, settings)
    if wanted is None:
        return
    if wanted in _of_others(database, tenant_id):
        detail = "Files of another firm go to this folder. Choose another one."
        raise InvalidSettings(errors=[FieldError("/settings/folder", "folder.taken", detail)])


def _of_others(database: Database, tenant_id: str) -> Iterator[PurePosixPath]:
    statement = select(Connection.target, Connection.settings).where(
        Connection.tenant_id != tenant_id, Connection.target.in_(_WRITERS)
    )
    with database.read(system_context("folders")) as uow:
        for target, settings in uow.session.execute(statement):
            if (folder := _folder(target, settings)) is not None:
                yield folder


def _folder(target: str, settings: Mapping[str, Any]) -> PurePosixPath | None:
    """The folder below the export root; case does not tell two apart, since it does not on every file system."""
    folder = settings.get("folder", "")
    if target not in _WRITERS or settings.get("delivery", "folder") != "folder" or not isinstance(folder, str):
        return None
    return PurePosixPath("/", folder.strip().casefold())
