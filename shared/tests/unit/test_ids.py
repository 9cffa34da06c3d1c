"""Identifiers sort by the time of their making and are told from what is none."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared import ids
from shared.ids import first_id_of, is_id, new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) / 1000 - time.time()) < 60


def test_ids_of_one_process_strictly_increase() -> None:
    made = [new_id() for _ in range(20_000)]

    assert made == sorted(set(made))


def test_ids_still_increase_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_000_000_000)
    made = [before, *(new_id() for _ in range(5000))]  # more than the 4096 numbers of one millisecond

    assert made == sorted(set(made))
    assert all(uuid.UUID(one).version == 7 for one in made)


def test_threads_never_get_the_same_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [
            one for ids_of_one in pool.map(lambda _: [new_id() for _ in range(2000)], range(4)) for one in ids_of_one
        ]

    assert len(set(made)) == 8000


def test_an_id_is_known_by_its_canonical_form() -> None:
    made = new_id()

    assert is_id(made)
    assert is_id("00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "01939F6A-7C00-7CC0-8F00-0000000000AA",
        "01939f6a7c007cc08f000000000000aa",
        "{01939f6a-7c00-7cc0-8f00-0000000000aa}",
        "urn:uuid:01939f6a-7c00-7cc0-8f00-0000000000aa",
        " 01939f6a-7c00-7cc0-8f00-0000000000aa",
        "01939f6a-7c00-7cc0-8f00-0000000000aa\n",
        "01939f6a-7c00-7cc0-8f00-0000000000ag",
        "٠1939f6a-7c00-7cc0-8f00-0000000000aa",
        "ä" * 36,
        None,
        7,
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert not is_id(text)


def test_the_first_id_of_a_moment_divides_those_made_before_from_those_made_since() -> None:
    before = new_id()
    made_at = datetime.fromtimestamp(int(before.replace("-", "")[:12], 16) / 1000, UTC)
    assert first_id_of(made_at) < before < first_id_of(made_at + timedelta(milliseconds=1))
    assert is_id(first_id_of(made_at))
