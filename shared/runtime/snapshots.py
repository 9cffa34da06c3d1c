"""Where the snapshots of other services are read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.bus.bootstrap import HttpSnapshots, SnapshotPage, SnapshotSource, SnapshotUnavailable
from shared.bus.consumer import CopySource
from shared.config import Config


@dataclass(frozen=True, slots=True)
class _ConfiguredSnapshots:
    """Reads each owner's snapshot at the address that the environment gives for it.

    `URAKKA_SNAPSHOT_URL_<SERVICE>` goes before `URAKKA_SNAPSHOT_URL`, in which `{service}` stands for the owner.
    """

    config: Config
    token: str

    def pages(self, source: CopySource, after: str | None, limit: int) -> Iterator[SnapshotPage]:
        """See `SnapshotSource.pages`."""
        own_address = self.config.environment.get(f"URAKKA_SNAPSHOT_URL_{source.service.upper()}")
        address = own_address or self.config.snapshot_url
        if address is None:
            raise SnapshotUnavailable(f"no address is set for the snapshots of {source.service}")
        return HttpSnapshots(address, self.token).pages(source, after, limit)


def snapshot_source(config: Config) -> SnapshotSource | None:
    """Return the source that the configuration names; None while no service token is set: then copies are filled by
    events alone."""
    if config.service_token is None:
        return None
    return _ConfiguredSnapshots(config, config.service_token)
