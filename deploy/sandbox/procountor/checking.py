"""Checks JSON bodies field by field and collects every problem at once. Source: procountor sheet 4.

Message codes: the few that are public (DUE_DATE_BEFORE_BILL_DATE, INVALID_OVT) have their public names, the
complete list is not public, the others are ours.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from ..amounts import decimals_of

Error = dict[str, Any]


class Refused(Exception):
    """A call answered with an error status and `{"errors": [...]}`."""

    def __init__(self, status: int, errors: list[Error]) -> None:
        super().__init__(f"{status}: {errors}")
        self.status = status
        self.errors = errors


def refused(status: int, message: str, field: str = "") -> Refused:
    """A refusal with one error."""
    return Refused(status, [{"status": status, "field": field, "message": message}])


class Problems:
    """The problems of one body."""

    def __init__(self) -> None:
        self.errors: list[Error] = []

    def add(self, field: str, message: str) -> None:
        """Note a problem of a field (path like `invoiceRows[0].unit`)."""
        self.errors.append({"status": 400, "field": field, "message": message})

    def refuse_if_any(self) -> None:
        """Raise Refused(400) with everything noted."""
        if self.errors:
            raise Refused(400, self.errors)


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, fractions as Decimal. Raises Refused(400) for anything else."""
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError) as error:
        raise refused(400, f"MALFORMED_JSON {error}") from error
    if not isinstance(value, dict):
        raise refused(400, "MALFORMED_JSON an object is expected")
    return value


def check_characters(value: Any, path: str, problems: Problems) -> None:
    """Only characters that Windows-1252 has are accepted (sheet 4)."""
    if isinstance(value, str):
        try:
            value.encode("cp1252")
        except UnicodeEncodeError as error:
            problems.add(path, f"UNSUPPORTED_CHARACTER {value[error.start]!r}")
    elif isinstance(value, dict):
        for name, part in value.items():
            check_characters(part, f"{path}.{name}" if path else name, problems)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            check_characters(part, f"{path}[{place}]", problems)


class Fields:
    """The fields of one JSON object, checked one after the other.

    Each method notes the field as known, adds problems and returns the value, None if absent or wrong.
    JSON null counts as absent. `finish` reports what nobody asked for.
    """

    def __init__(self, value: dict[str, Any], path: str, problems: Problems) -> None:
        self.value = value
        self.path = path
        self._problems = problems
        self._known: set[str] = set()

    def problem(self, name: str, message: str) -> None:
        """Note a problem of a field of this object."""
        self._problems.add(self._path_of(name), message)

    def text(
        self, name: str, *, required: bool = False, max_length: int | None = None, min_length: int = 0
    ) -> str | None:
        """A string within its length."""
        value = self._get(name, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.problem(name, "INVALID_TYPE a string is expected")
            return None
        if max_length is not None and len(value) > max_length:
            self.problem(name, f"TOO_LONG at most {max_length} characters")
        if len(value) < min_length:
            self.problem(name, f"TOO_SHORT at least {min_length} characters")
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = False) -> str | None:
        """One of an enumeration."""
        value = self._get(name, required)
        if value is None:
            return None
        if not isinstance(value, str) or value not in allowed:
            self.problem(name, f"INVALID_ENUM_VALUE {value}")
            return None
        return value

    def number(
        self,
        name: str,
        *,
        required: bool = False,
        least: int | None = None,
        most: Decimal | int | None = None,
        decimals: int | None = None,
    ) -> Decimal | None:
        """A JSON number within its bounds and decimals."""
        value = self._get(name, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.problem(name, "INVALID_TYPE a number is expected")
            return None
        number = Decimal(value)
        if (least is not None and number < least) or (most is not None and number > most):
            self.problem(name, "OUT_OF_RANGE")
        if decimals is not None and decimals_of(number) > decimals:
            self.problem(name, f"TOO_MANY_DECIMALS at most {decimals}")
        return number

    def integer(self, name: str, *, required: bool = False) -> int | None:
        """A JSON integer."""
        value = self._get(name, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
            self.problem(name, "INVALID_TYPE an integer is expected")
            return None
        return value

    def boolean(self, name: str, *, required: bool = False) -> bool | None:
        """true or false."""
        value = self._get(name, required)
        if value is None or isinstance(value, bool):
            return value
        self.problem(name, "INVALID_TYPE a boolean is expected")
        return None

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date of the form YYYY-MM-DD."""
        value = self._get(name, required)
        if value is None:
            return None
        day = parse_day(value) if isinstance(value, str) else None
        if day is None:
            self.problem(name, "INVALID_DATE the form is YYYY-MM-DD")
        return day

    def object(self, name: str, *, required: bool = False) -> Fields | None:
        """A nested object."""
        value = self._get(name, required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.problem(name, "INVALID_TYPE an object is expected")
            return None
        return Fields(value, self._path_of(name), self._problems)

    def objects(self, name: str, *, required: bool = False, most: int | None = None) -> Iterator[Fields]:
        """The objects of an array."""
        value = self._get(name, required)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            self.problem(name, "INVALID_TYPE an array of objects is expected")
            return
        if required and not value:
            self.problem(name, "MISSING_VALUE at least one is needed")
        if most is not None and len(value) > most:
            self.problem(name, f"TOO_MANY_VALUES at most {most}")
        for place, part in enumerate(value):
            yield Fields(part, f"{self._path_of(name)}[{place}]", self._problems)

    def ignore(self, *names: str) -> None:
        """Known fields that are read-only or mean nothing here."""
        self._known.update(names)

    def finish(self) -> None:
        """Report fields that the schema does not have."""
        for name in self.value:
            if name not in self._known:
                self.problem(name, "UNKNOWN_FIELD")

    def _get(self, name: str, required: bool) -> Any:
        self._known.add(name)
        value = self.value.get(name)
        if value is None and required:
            self.problem(name, "MISSING_VALUE")
        return value

    def _path_of(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def parse_day(text: str) -> date | None:
    """YYYY-MM-DD, or None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
