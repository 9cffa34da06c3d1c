"""Reading JSON-like data field by field, keeping everything that is wrong instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from shared.errors import FieldError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one object; `errors` is shared by the readers of all its parts.

    Every method returns what stands under a key, or None (an empty set) if nothing does or it is not usable: then an
    error with its pointer was kept. Keys that nobody reads are ignored: newer producers write more.
    """

    data: Mapping[str, Any]
    pointer: str = ""
    errors: list[FieldError] = field(default_factory=list)

    def wrong(self, key: str, code: str, detail: str) -> None:
        """Keep an error about a key, or with an empty key about the whole object."""
        self.errors.append(FieldError(f"{self.pointer}/{key}" if key else self.pointer, code, detail))

    def part(self, key: str) -> Reader:
        """Read the object under a key; an absent one as an empty one."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.wrong(key, "not_an_object", "Expected an object.")
        return Reader(value if isinstance(value, Mapping) else {}, f"{self.pointer}/{key}", self.errors)

    def parts(self, key: str) -> list[Reader]:
        """Read the list of objects under a key."""
        value = self.data.get(key)
        if not isinstance(value, list):
            self.wrong(key, "not_a_list", "Expected a list.")
            return []
        found = []
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                found.append(Reader(item, f"{self.pointer}/{key}/{index}", self.errors))
            else:
                self.wrong(f"{key}/{index}", "not_an_object", "Expected an object.")
        return found

    def text(self, key: str, *, longest: int, required: bool = False) -> str | None:
        """Read a text that is not blank."""
        value = self.data.get(key)
        if value is None or value == "":
            if required:
                self.wrong(key, "missing", "This field is required.")
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            self.wrong(key, "not_a_text", f"Expected a text of at most {longest} characters.")
            return None
        return value.strip()

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, "not_a_boolean", "Expected true or false.")
            return None
        return value

    def whole(self, key: str, *, least: int, most: int, required: bool = False) -> int | None:
        """Read a whole number."""
        value = self.data.get(key)
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(key, "out_of_range", f"Expected a whole number from {least} to {most}.")
            return None
        return value

    def number(self, key: str, *, least: str, most: str, places: int, required: bool = False) -> Decimal | None:
        """Read a decimal written as text."""
        value = self.data.get(key)
        if value is None and not required:
            return None
        try:
            number = Decimal(value) if isinstance(value, str) and len(value) <= 20 else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or number != round(number, places):
            self.wrong(key, "not_a_number", f'Expected a number as text with at most {places} decimals, e.g. "1.5".')
            return None
        if not Decimal(least) <= number <= Decimal(most):
            self.wrong(key, "out_of_range", f"Expected a number from {least} to {most}.")
            return None
        return number

    def choice(self, key: str, choices: Iterable[T], default: T | None = None) -> T | None:
        """Read one of some values; absent, the default, or without one it is required."""
        allowed = {str(one): one for one in choices}
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str | int) or str(value) not in allowed:
            self.wrong(key, "not_a_choice", f"Expected one of {', '.join(allowed)}.")
            return default
        return allowed[str(value)]

    def day(self, key: str) -> date | None:
        """Read a day, `2026-11-21`."""
        return self._parsed(key, date.fromisoformat, "day", "a day, e.g. 2026-11-21")

    def clock(self, key: str) -> time | None:
        """Read a time of the day in whole minutes, `21:00`; required."""
        found = self._parsed(key, _clock, "time", "a time of the day, e.g. 21:00")
        if found is None and self.data.get(key) is None:
            self.wrong(key, "missing", "This field is required.")
        return found

    def ids(self, key: str, allowed: Collection[str] | None = None) -> frozenset[str]:
        """Read a list of texts without order; `allowed` is what they may be."""
        found: list[str] = []
        for index, value in self._listed(key):
            if not isinstance(value, str) or not 0 < len(value) <= 120:
                self.wrong(f"{key}/{index}", "not_a_text", "Expected a text of at most 120 characters.")
            elif allowed is not None and value not in allowed:
                self.wrong(f"{key}/{index}", "not_a_choice", f"Expected one of {', '.join(sorted(allowed))}.")
            else:
                found.append(value)
        return frozenset(found)

    def numbers(self, key: str, *, least: int, most: int) -> frozenset[int]:
        """Read a list of whole numbers without order."""
        found = []
        for index, value in self._listed(key):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                self.wrong(f"{key}/{index}", "out_of_range", f"Expected a whole number from {least} to {most}.")
            else:
                found.append(value)
        return frozenset(found)

    def _listed(self, key: str) -> list[tuple[int, Any]]:
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > _MOST:
            self.wrong(key, "not_a_list", f"Expected a list of at most {_MOST}.")
            return []
        return list(enumerate(value))

    def _parsed(self, key: str, parse: Callable[[str], T], name: str, expected: str) -> T | None:
        value = self.data.get(key)
        if value is None:
            return None
        try:
            return parse(value)
        except (ValueError, TypeError):
            self.wrong(key, f"not_a_{name}", f"Expected {expected}.")
            return None


_MOST = 1000


def _clock(text: str) -> time:
    found = time.fromisoformat(text)
    if found.tzinfo or found.second or found.microsecond:
        raise ValueError(text)
    return found
