"""Fields of the tenant's own as columns of workbooks: read, shown, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.customers.domain.extra_fields import LONGEST_TEXT, ExtraField, ExtraType
from shared.excel import Cell, Column
from shared.excel.layout import LayoutColumn, three, yes_no_choices
from shared.excel.parsers import Parser, as_text, day, decimal_of, long_text, yes_no

_PREFIX: Final = "extra:"
_NOTES: Final = {
    ExtraType.TEXT: three("Vapaata tekstiä", "Fri text", "Free text"),
    ExtraType.NUMBER: three("Luku", "Tal", "A number"),
    ExtraType.DATE: three("Päivä, 3.9.2026", "Dag, 3.9.2026", "A day, 3.9.2026"),
    ExtraType.YES_NO: three("Valitse luettelosta", "Välj ur listan", "Choose from the list"),
    ExtraType.CHOICE: three("Valitse luettelosta", "Välj ur listan", "Choose from the list"),
}


class _Words(dict[Any, tuple[str, str, str]]):
    """Choices in every language alike; one that can no longer be chosen is shown as it was."""

    def __missing__(self, choice: Any) -> tuple[str, str, str]:
        return (str(choice), str(choice), str(choice))


def column_of(key: str) -> str:
    """Return the column's field of an own field."""
    return f"{_PREFIX}{key}"


def extra_columns(own: Sequence[ExtraField]) -> tuple[Column, ...]:
    """Return what an import reads: a column for each field in use, found by its name in any language."""
    return tuple(
        Column(column_of(one.key), tuple(dict.fromkeys(one.labels.values())), _PARSERS[one.type])
        for one in own
        if not one.archived
    )


def extra_layout(own: Sequence[ExtraField]) -> tuple[LayoutColumn, ...]:
    """Return what templates and exports show of the fields in use."""
    return tuple(
        LayoutColumn(
            column_of(one.key),
            one.labels,
            _NOTES[one.type],
            choices=_choices(one),
            is_text=one.type is ExtraType.TEXT,
        )
        for one in own
        if not one.archived
    )


def extra_cells(own: Sequence[ExtraField], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored values by column, as cells have them."""
    return {column_of(one.key): _cell(one, extra[one.key]) for one in own if one.key in extra}


def take_extra(values: dict[str, Any]) -> None:
    """Put the own fields of a row that was read into `extra`; empty cells say nothing."""
    found = [name for name in values if name.startswith(_PREFIX)]
    extra = {name.removeprefix(_PREFIX): value for name in found if (value := values.pop(name)) is not None}
    if extra:
        values["extra"] = extra


def _choices(field: ExtraField) -> Mapping[Any, tuple[str, str, str]] | None:
    if field.type is ExtraType.YES_NO:
        return yes_no_choices()
    if field.type is ExtraType.CHOICE:
        return _Words({choice: (choice, choice, choice) for choice in field.choices})
    return None


def _cell(field: ExtraField, value: Any) -> Any:
    if field.type is ExtraType.NUMBER:
        return Decimal(value)
    return date.fromisoformat(value) if field.type is ExtraType.DATE else value


def _number(cell: Cell) -> str:
    return format(decimal_of(cell), "f")


def _day(cell: Cell) -> str:
    return day(cell).isoformat()


_PARSERS: Final[Mapping[ExtraType, Parser]] = {
    ExtraType.TEXT: long_text(LONGEST_TEXT),
    ExtraType.NUMBER: _number,
    ExtraType.DATE: _day,
    ExtraType.YES_NO: yes_no,
    ExtraType.CHOICE: as_text,  # whether it may be chosen depends on what the record has
}
