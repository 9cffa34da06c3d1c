"""Taking a person's data out of what was written about it: pure, on JSON values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared import finland

ERASED: Final = "–"
"""Stands in place of what was erased."""
PERSONAL: Final = frozenset({"name", "title", "email", "phone", "notes"})
"""Fields that are about the person."""
_NAMING: Final = ("name", "contact_name", "email", "phone")
_NAMED: Final = frozenset({"contact_name"})
"""Fields of other records that name a contact person."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be forgotten, and every name, address and number that the person ever had.

    A name of one word (`Laskutus`) is forgotten where it stands alone, not within longer texts: it may mean anything.
    """

    id: str
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    _within: re.Pattern[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Prepare the search for names and addresses within longer texts."""
        sure = [text for text in (*self.names, *self.emails) if " " in text or "@" in text]
        if sure:
            words = (r"\s+".join(map(re.escape, text.split())) for text in sorted(sure, key=len, reverse=True))
            object.__setattr__(self, "_within", re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE))

    def without(self, text: str) -> str:
        """Return a text in which the person is not named."""
        folded = _folded(text)
        if folded in self.names or folded in self.emails or _phone(text) in self.phones:
            return ERASED
        return self._within.sub(ERASED, text) if self._within else text


def person_of(contact_id: str, states: Iterable[Mapping[str, Any]]) -> Person:
    """Return the person that these states of its fields, now and before, speak about."""
    known = list(states)

    def all_of(name: str) -> frozenset[str]:
        return frozenset(_folded(str(state[name])) for state in known if state.get(name) and state[name] != ERASED)

    return Person(contact_id, all_of("name"), all_of("email"), all_of("phone"))


def forgotten_report(report: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return the report of an import without the person; wrong cells of rows that name it lose what they say."""
    without: dict[str, Any] = forgotten(report, person)
    refused = report.get("refused_rows") or ()
    rows = {row["row"] for row in report.get("rows") or () if row.get("id") == person.id}
    rows |= {row["row"] for row in refused if any(_names(row["values"].get(name), person) for name in _NAMING)}
    for kind in ("errors", "warnings"):
        if kind in without:
            without[kind] = [_without_words(cell) if cell.get("row") in rows else cell for cell in without[kind]]
    return without


def _names(text: Any, person: Person) -> bool:
    return isinstance(text, str) and person.without(text) == ERASED


def _without_words(cell: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: ERASED for name in ("value", "reason", "suggestion") if cell.get(name)}
    return {**cell, **words}


def forgotten(value: Any, person: Person) -> Any:
    """Return a JSON value without the person: every text that names it, and all fields of rows that became it.

    Old and new values of other records' own fields stay, for an undo writes them back: they are not the person's.
    """
    if isinstance(value, str):
        return person.without(value)
    if isinstance(value, list):
        return [forgotten(one, person) for one in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("id") == person.id:
        return _forgotten_row(value, person)
    if "field" in value and "old" in value:
        return (
            {name: forgotten(one, person) for name, one in value.items()} if value["field"] in _NAMED else dict(value)
        )
    return {name: forgotten(one, person) for name, one in value.items()}


def _forgotten_row(row: Mapping[str, Any], person: Person) -> dict[str, Any]:
    values = {
        name: ERASED if name in PERSONAL and value is not None else forgotten(value, person)
        for name, value in (row.get("values") or {}).items()
    }
    changes = [
        {**change, "old": _hidden(change, "old"), "new": _hidden(change, "new")} for change in row.get("changes") or ()
    ]
    shown = {name: ERASED for name in ("key", "name") if name in row}
    return {**row, **shown, "values": values, "changes": changes}


def _hidden(change: Mapping[str, Any], side: str) -> Any:
    value = change.get(side)
    return ERASED if change.get("field") in PERSONAL and value is not None else value


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _phone(text: str) -> str | None:
    if not any(sign.isdigit() for sign in text) or len(text) > 40:
        return None
    try:
        return finland.read_phone(text)
    except finland.InvalidForm:
        return None
