"""The quick look at events never passes what the full validator refuses, and passes what travels every day."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.bus.catalogue import EventType, default_catalogue
from shared.bus.catalogue.quick import quick_check

CATALOGUE = default_catalogue()
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    "",
    "x",
    "FI",
    "2026-02-31",
    "x" * 300,
    [],
    ["a", "a"],
    {},
    {"": 1},
)


@pytest.mark.parametrize("entry", list(CATALOGUE), ids=lambda entry: entry.type)
def test_every_golden_sample_is_passed_quickly(entry: EventType) -> None:
    check = quick_check(entry.schema)
    assert check is not None
    assert all(check(dict(sample.event.data)) for sample in entry.samples)


@pytest.mark.parametrize("entry", list(CATALOGUE), ids=lambda entry: entry.type)
def test_whatever_is_changed_in_a_sample_the_quick_look_is_never_kinder(entry: EventType) -> None:
    check = quick_check(entry.schema)
    assert check is not None
    validator = Draft202012Validator(dict(entry.schema))
    chance = random.Random(entry.type)
    for _ in range(300):
        data = copy.deepcopy(dict(chance.choice(entry.samples).event.data))
        _change(data, chance)
        if check(data):
            assert validator.is_valid(data), data


def _change(data: Any, chance: random.Random) -> None:
    """Change one member somewhere in the data: another value, gone, or one too many."""
    here = data
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = chance.choice(keys)
        if isinstance(here[key], (dict, list)) and here[key] and chance.random() < 0.7:
            here = here[key]
            continue
        match chance.randrange(5):
            case 0:
                del here[key]
            case 1 if isinstance(here, dict):
                here["one_too_many"] = chance.choice(ODD)
            case _:
                here[key] = copy.deepcopy(chance.choice(ODD))
        return


@pytest.mark.parametrize(
    "schema", [{"anyOf": [{"type": "string"}]}, {"properties": {"a": {"$ref": "#"}}}, {"enum": [1]}]
)
def test_of_a_schema_with_rules_it_does_not_know_it_says_nothing(schema: dict[str, Any]) -> None:
    assert quick_check(schema) is None
