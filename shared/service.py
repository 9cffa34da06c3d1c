"""What a service is to the processes that run it: API, relay, consumers, jobs, migrations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData

from shared.config import Config
from shared.db.database import Database, SiteScope, UnitOfWork
from shared.db.sealed import SealedColumn

if TYPE_CHECKING:
    from flask import Blueprint as FlaskBlueprint
    from flask_smorest import Blueprint

    from shared.bus.consumer import Consumer
    from shared.bus.wakeup import Wakeup
    from shared.http.tokens import TokenVerifier


@dataclass(frozen=True, slots=True)
class Job:
    """A loop that runs beside the consumers, e.g. the dispatcher.

    run  takes a stop event, ends soon (seconds) after it is set, and may be started on several machines at once.
    """

    name: str
    run: Callable[[threading.Event], None]


@dataclass(frozen=True, slots=True)
class SnapshotItem:
    """The full state of one aggregate: what its `<aggregate>.changed` event would say now."""

    id: str
    tenant_id: str
    version: int
    time: str
    data: Mapping[str, Any]


SnapshotReader = Callable[[UnitOfWork, str | None, int], Iterable[SnapshotItem]]
"""(uow of the system, id to start after, most items) → items of all tenants in the order of their ids."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A service's parts, wired. `own` is what the service's `extend` made: its adapters and settings."""

    config: Config
    database: Database
    wakeup: Wakeup
    verifier: TokenVerifier
    own: Any = None


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """One service, as its bootstrap module describes it.

    blueprints  its HTTP resources, below `/api/<name>/v1`
    metadata    its own tables (those of `shared` come on top)
    consumers   its queues and handlers
    jobs        its loops
    snapshots   aggregate → reader, for services that keep copies
    extend      makes `Runtime.own` from the runtime without it
    root        blueprints outside `/api/<name>/v1`, e.g. the key set
    key_set     gives the keys that verify tokens, where the service itself has them (identity)
    take_over   called by a process that is alone with the data, before its jobs start: frees what others held
    site_scope  narrows what callers see who are limited to some sites, where the service has anything at sites
    check       verifies the service's invariants; returns what is wrong, one line each
    sealed      its columns of sealed secrets, all of them
    """

    name: str
    title: str
    description: str
    blueprints: Sequence[Blueprint]
    metadata: MetaData
    consumers: Callable[[Runtime], Sequence[Consumer]] = lambda _runtime: ()
    jobs: Callable[[Runtime], Sequence[Job]] = lambda _runtime: ()
    snapshots: Mapping[str, SnapshotReader] = field(default_factory=dict)
    extend: Callable[[Runtime], Any] = lambda _runtime: None
    root: Sequence[FlaskBlueprint] = ()
    key_set: Callable[[Runtime], Mapping[str, Any]] | None = None
    take_over: Callable[[Runtime], None] = lambda _runtime: None
    site_scope: SiteScope | None = None
    check: Callable[[Runtime], Sequence[str]] = lambda _runtime: ()
    sealed: Sequence[SealedColumn] = ()
