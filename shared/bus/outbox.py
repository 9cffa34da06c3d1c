"""The outbox: events are stored in the transaction that made them true, and published afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from shared.bus.catalogue import Catalogue, default_catalogue
from shared.bus.envelope import Event, NewEvent, encode, seal
from shared.bus.tables import outbox
from shared.clock import utc_now
from shared.context import Context
from shared.ids import new_id


class Outbox:
    """Writes the events of one service; `append` is the `event_sink` of its `Database`."""

    def __init__(
        self,
        service: str,
        *,
        catalogue: Catalogue | None = None,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], str] = new_id,
    ) -> None:
        self._service = service
        self._catalogue = catalogue or default_catalogue()
        self._clock = clock
        self._ids = ids

    def append(self, connection: Connection, events: Sequence[NewEvent], context: Context) -> None:
        """Store `events` in their order, in the transaction of `connection`.

        To be called after the aggregates were flushed: only then are their rows locked, and only then does
        the order of the outbox follow the order in which an aggregate's changes are committed.
        Raises InvalidEvent if an event is not what the catalogue says.
        """
        if events:
            connection.execute(outbox.insert(), [self._row(event, context) for event in events])

    def _row(self, new: NewEvent, context: Context) -> dict[str, Any]:
        entry = self._catalogue.check_new(self._service, new)
        event = seal(
            new,
            event_id=self._ids(),
            service=self._service,
            time=self._clock(),
            context=context,
            dataschema=entry.dataschema,
        )
        return {
            "event_id": event.id,
            "aggregatetype": event.aggregate_type,
            "aggregateid": event.aggregate_id,
            "aggregateversion": event.aggregate_version,
            "type": event.wire_type,
            "routing_key": event.type,
            "partitionkey": event.partition_key,
            "tenant_id": event.tenant_id,
            "headers": _headers(event),
            "payload": encode(event),
            "occurred_at": event.time,
        }


def _headers(event: Event) -> dict[str, str]:
    """The message's own headers: what brokers and workers need without reading the body."""
    named = {
        "partitionkey": event.partition_key,
        "traceparent": event.traceparent,
        "tracestate": event.tracestate,
    }
    return {name: value for name, value in named.items() if value is not None}
