"""Whatever is thrown at a service: no 5xx, no answer that its OpenAPI document does not tell of.

On PostgreSQL, which is the stricter of the two databases: text with NUL or a number that is too large fail there
and pass on SQLite.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.suite import SERVICES, definition_of
from services.identity.domain.roles import PERMISSIONS
from shared.bus.catalogue import default_catalogue
from shared.bus.consumer import NotYet
from shared.bus.wakeup import LocalWakeup
from shared.config import read_config
from shared.context import Context
from shared.crypto import new_key_text
from shared.db import migrate
from shared.errors import UrakkaError
from shared.http import create_app
from shared.ids import new_id
from shared.runtime.build import build_runtime
from shared.service import Runtime, ServiceDefinition
from shared.testing.servers import temporary_database
from shared.testing.service import WrittenTokens

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FIRM = "0190a000-0000-7000-8000-000000000001"
"""The firm of the golden samples."""
MODES = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.COVERAGE, HypothesisTestMode.FUZZING]
LIMITS = hypothesis.settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
ORDER = {"post": -2, "put": -1, "delete": 1}
"""Make things first, remove them last."""
SETTINGS = {"generation": {"deterministic": True, "mode": "all"}}


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: Any, value: Any) -> Any:
    """A text as it is, anything else as one line of JSON."""
    return value.encode(errors="surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


@dataclass(frozen=True, slots=True)
class Api:
    """One service, wired as in production, with its schema and the ids of records that it knows."""

    schema: Any
    known: dict[str, list[str]]


@pytest.fixture(params=SERVICES)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    definition = definition_of(request.param)
    with temporary_database(f"fuzz_{request.param}") as url:
        environment = {
            "URAKKA_DATABASE_URL": url,
            "URAKKA_SECRET_KEY": new_key_text(),
            "URAKKA_PROVISIONING_KEY": "operator",
            "URAKKA_WORKORDERS_COPY_WAIT_S": "0",
        }
        runtime = build_runtime(definition, read_config(request.param, environment), wakeup=LocalWakeup())
        migrate.upgrade(runtime.database.engine, request.param)
        app = create_app(definition, replace(runtime, verifier=WrittenTokens()))
        config = schemathesis.Config.from_dict(SETTINGS)
        schema = schemathesis.openapi.from_wsgi(f"/api/{request.param}/v1/openapi.json", app, config=config)
        yield Api(schema, take_in_samples(definition, runtime))
        runtime.database.engine.dispose()


def take_in_samples(definition: ServiceDefinition, runtime: Runtime) -> dict[str, list[str]]:
    """Let the service consume the golden samples, all of one firm; returns the ids in them by aggregate type."""
    known: dict[str, list[str]] = defaultdict(list)
    for consumer in definition.consumers(runtime):
        for event_type, handler in consumer.handlers.items():
            entry = default_catalogue().get(event_type)
            for event in [sample.event for sample in entry.samples] if entry else []:
                with suppress(NotYet, UrakkaError), runtime.database.begin(Context(FIRM, "system:test")) as uow:
                    handler(uow, event)
                    uow.commit()
                known[event.aggregate_type].append(event.aggregate_id)
    return known


class Client:
    """Somebody who is logged in and may do everything; notes each answer that should not have been given."""

    def __init__(self, known: dict[str, list[str]]) -> None:
        token = json.dumps({"sub": new_id(), "tid": FIRM, "perms": sorted(PERMISSIONS)})
        self._headers = {"Authorization": f"Bearer {token}", "If-Match": "*", "X-Provisioning-Key": "operator"}
        self._known = known
        self._made: deque[str] = deque(maxlen=20)
        self.calls = 0
        self.statuses: Counter[int] = Counter()
        self.wrong: dict[str, str] = {}

    def try_case(self, case: schemathesis.Case) -> None:
        """Send one request and check its answer."""
        self.calls += 1
        if self.calls % 2:
            self._name_what_exists(case)
        answer = case.call(headers=self._headers)
        self.statuses[answer.status_code] += 1
        self._remember(answer)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            self.wrong.setdefault(f"{case.operation.label} {answer.status_code}", str(failure))

    def _name_what_exists(self, case: schemathesis.Case) -> None:
        """Put ids that exist into the address and the body, or hardly a call would get behind a 404."""
        for name in case.path_parameters or {}:
            if self._made:
                case.path_parameters[name] = self._made[0]
                self._made.rotate()
        if isinstance(case.body, dict):
            case.body = self._with_known_ids(case.body)

    def _with_known_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_known_ids(member) for member in value]
        if not isinstance(value, dict):
            return value
        found = {}
        for name, member in value.items():
            ids = self._known.get(name.removesuffix("_id")) if name.endswith("_id") else None
            found[name] = ids[self.calls % len(ids)] if ids else self._with_known_ids(member)
        return found

    def _remember(self, answer: Any) -> None:
        try:
            body = answer.json()
        except ValueError:
            return
        items = body.get("items", [body]) if isinstance(body, dict) else []
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"] not in self._made:
                self._made.append(item["id"])


def test_every_answer_is_one_that_the_api_documents(api: Api) -> None:
    client = Client(api.known)
    operations = [found.ok() for found in api.schema.get_all_operations()]
    for operation in sorted(operations, key=lambda one: ORDER.get(one.method, 0)):
        config = HypothesisTestConfig(project=api.schema.config, modes=MODES, settings=LIMITS)
        create_test(operation=operation, test_func=client.try_case, config=config)()

    print(f"{client.calls} calls of {len(operations)} operations: {dict(client.statuses)}")
    assert not client.wrong, "\n\n".join(f"{name}\n{text}" for name, text in client.wrong.items())
    assert {200, 400} <= set(client.statuses)
