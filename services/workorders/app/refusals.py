"""All that is wrong with a request, said at once: rules that refuse parts of it are heard to the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.workorders.app.copies import Copy, CopyMissing
from shared.errors import RuleBroken


class Refusals:
    """What rules refused of one request, in the order in which it was found."""

    def __init__(self) -> None:
        self._found: list[RuleBroken] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is refused inside, and go on after it; whatever was to be assigned inside is not."""
        try:
            yield
        except RuleBroken as refused:
            self._found.append(refused)

    def raise_all(self) -> None:
        """Raise the first refusal, with the errors of all of them; do nothing if there is none.

        Copies that are missing come first, whatever else is wrong: they may be on their way, and what depends on
        them was not judged.
        """
        if not self._found:
            return
        missing = [one for one in self._found if isinstance(one, CopyMissing)]
        first = [*missing, *self._found][0]
        first.errors = tuple(error for one in self._found for error in one.errors)
        if missing:
            missing[0].missing = _together(missing)
        raise first


def _together(missing: list[CopyMissing]) -> dict[Copy, frozenset[str]]:
    found: dict[Copy, frozenset[str]] = {}
    for one in missing:
        for model, ids in one.missing.items():
            found[model] = found.get(model, frozenset()) | ids
    return found
