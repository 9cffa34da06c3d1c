"""Wiring a service's runtime from its configuration; the same for every way to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.bus.outbox import Outbox
from shared.bus.wakeup import LocalWakeup, PostgresWakeup, Wakeup
from shared.config import BadConfiguration, Config
from shared.db import Database, make_engine
from shared.http.tokens import KeySetVerifier, fetch_key_set
from shared.service import Runtime, ServiceDefinition

FetchKeys = Callable[[], Mapping[str, Any]]


def build_runtime(
    definition: ServiceDefinition,
    config: Config,
    *,
    wakeup: Wakeup | None = None,
    fetch_keys: FetchKeys | None = None,
) -> Runtime:
    """Return the wired parts of a service; opens no connection yet.

    wakeup      given in the one-box mode, where all parts live in one process; else made for the database
    fetch_keys  gives the key set for tokens; else the service's own, else the one at `URAKKA_JWKS_URL`
    Raises BadConfiguration if neither is there.
    """
    engine = make_engine(config.database_url)
    if wakeup is None:
        postgres = engine.dialect.name == "postgresql"
        wakeup = PostgresWakeup(config.database_url) if postgres else LocalWakeup()
    sink = Outbox(definition.name).append
    database = Database(engine, event_sink=sink, nudge=wakeup.nudge, site_scope=definition.site_scope)
    bare = Runtime(config, database, wakeup, verifier=KeySetVerifier(fetch_keys or (lambda: {"keys": []})))
    runtime = replace(bare, own=definition.extend(bare))
    return replace(runtime, verifier=KeySetVerifier(fetch_keys or _fetcher(definition, runtime)))


def _fetcher(definition: ServiceDefinition, runtime: Runtime) -> FetchKeys:
    own_keys = definition.key_set
    if own_keys is not None:
        return lambda: own_keys(runtime)
    url = runtime.config.jwks_url
    if url is None:

        def refuse() -> Mapping[str, Any]:
            raise BadConfiguration("URAKKA_JWKS_URL is not set: the address of identity's key set")

        return refuse
    return fetch_key_set(url)
