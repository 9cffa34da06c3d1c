"""Many keys in several queries: PostgreSQL and SQLite both have a limit on parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_AT_ONCE: Final = 500


def parts(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the keys, each once and in order, in slices for one query each."""
    listed = sorted(set(keys))
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
