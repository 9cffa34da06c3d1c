"""Snapshots in the one-box mode: read from the owner's own reader, without HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy.suite import definition_of
from shared.bus.bootstrap import SnapshotItem, SnapshotPage
from shared.bus.consumer import CopySource
from shared.context import system_context
from shared.service import Runtime


@dataclass(frozen=True, slots=True)
class LocalSnapshots:
    """Gives pages of the present state of another service of the same process."""

    runtimes: Mapping[str, Runtime]

    def pages(self, source: CopySource, after: str | None, limit: int) -> Iterator[SnapshotPage]:
        """See `shared.bus.bootstrap.SnapshotSource.pages`."""
        reader = definition_of(source.service).snapshots[source.aggregate]
        cursor = after
        while True:
            with self.runtimes[source.service].database.read(system_context("snapshot")) as uow:
                found = [
                    SnapshotItem(i.id, i.version, i.tenant_id, datetime.fromisoformat(i.time), dict(i.data))
                    for i in reader(uow, cursor, limit)
                ]
            cursor = found[-1].id if len(found) == limit else None
            yield SnapshotPage(found, cursor)
            if cursor is None:
                return
