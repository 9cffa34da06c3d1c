"""Find the header row of a table among titles and notes, and which column is which field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from shared.excel.cells import Cell, Kind
from shared.excel.parsers import Parser, fold
from shared.excel.workbook import Sheet

ROWS_SEARCHED: Final = 60
"""How many filled rows at the top of a sheet may be the header."""
_NEAR: Final = 0.9
_SHORTEST_NEAR: Final = 6


def words(text: str) -> tuple[str, ...]:
    """Split a list written as `Nimi | Asiakas | Name`, over any number of lines."""
    return tuple(" ".join(word.split()) for word in text.split("|") if word.strip())


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a table may have.

    field        key of the value in a parsed row.
    labels       header names, the most specific first; case, accents, spaces and punctuation do not matter.
    parse        makes the value from a filled cell.
    required     the table must have the column and every row a value in it.
    unique       no two rows may have the same value (case does not matter); the later row is wrong.
    fill_merged  a value in a merged area counts for all rows of the area.
    never        parts of header names that rule the column out when only a part of the name matches, e.g.
    `sis` (with
                 VAT) for a price without VAT.
    fit          makes the parser after seeing all filled cells of the column, in place of `parse`.
    """

    field: str
    labels: tuple[str, ...]
    parse: Parser
    required: bool = False
    unique: bool = False
    fill_merged: bool = False
    never: tuple[str, ...] = ()
    fit: Callable[[Sequence[Cell]], Parser] | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A header row: `found` maps column number to Column, `names` column number to the name in the sheet."""

    row: int
    found: Mapping[int, Column]
    names: Mapping[int, str]

    def missing(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Required columns that the header lacks."""
        fields = {column.field for column in self.found.values()}
        return tuple(column for column in columns if column.required and column.field not in fields)


def find_header(sheet: Sheet, columns: Sequence[Column]) -> Header | None:
    """Return the row that names most columns (the first of equals), or None when no row names two of them.

    A row with all required columns comes before any without. A name in a cell merged downwards counts for
    each of its rows, so a header of two rows is found in its lower one.
    """
    best: Header | None = None
    best_score = (False, 1 if len(columns) > 1 else 0)
    for row in _top_rows(sheet):
        names = header_names(sheet, row)
        header = Header(row, match_columns(sheet, names, columns), names)
        score = (not header.missing(columns), len(header.found))
        if header.found and score[1] > 0 and score > best_score and len(header.found) >= min(2, len(columns)):
            best, best_score = header, score
    return best


def _top_rows(sheet: Sheet) -> list[int]:
    return list(sheet.rows)[:ROWS_SEARCHED]


def header_names(sheet: Sheet, row: int) -> dict[int, str]:
    """Names by column number in one row: its text cells, and text merged into it from above."""
    names = {
        area.first_column: str(cell.value)
        for area in sheet.merged
        if area.first_row < row <= area.last_row
        and area.first_column == area.last_column
        and (cell := sheet.rows.get(area.first_row, {}).get(area.first_column))
        and cell.kind is Kind.TEXT
    }
    names |= {column: str(cell.value) for column, cell in sheet.rows[row].items() if cell.kind is Kind.TEXT}
    return names


def match_columns(sheet: Sheet, names: Mapping[int, str], columns: Sequence[Column]) -> dict[int, Column]:
    """Say which column of the sheet is which field; every field and every column at most once.

    Whole names go first, then parts of names (`Puhelin (työ)`, `Nimi / Asiakas`), then near misses. Among
    columns for one field visible ones go before hidden ones, more specific labels before general ones, left
    before right.
    """
    found: dict[int, Column] = {}
    for rank in (_exact_rank, _part_rank, _near_rank):
        candidates = sorted(
            (sheet.is_hidden(number), place, number, index)
            for number, name in names.items()
            for index, column in enumerate(columns)
            if (place := rank(name, column)) is not None
        )
        for _, _, number, index in candidates:
            taken = any(column.field == columns[index].field for column in found.values())
            if number not in found and not taken:
                found[number] = columns[index]
    return dict(sorted(found.items()))


def _exact_rank(name: str, column: Column) -> int | None:
    return _place(fold(name), column)


def _part_rank(name: str, column: Column) -> int | None:
    if _is_ruled_out(name, column):
        return None
    places = (_place(fold(part), column) for part in _parts(name))
    return min((place for place in places if place is not None), default=None)


def _near_rank(name: str, column: Column) -> int | None:
    """A slip of the pen in a long name (`Postinumro`)."""
    folded = fold(name)
    if len(folded) < _SHORTEST_NEAR or _is_ruled_out(name, column):
        return None
    for place, label in enumerate(map(fold, column.labels)):
        if len(label) >= _SHORTEST_NEAR and SequenceMatcher(None, folded, label).ratio() >= _NEAR:
            return place
    return None


def _place(folded: str, column: Column) -> int | None:
    return next((place for place, label in enumerate(column.labels) if folded and fold(label) == folded), None)


def _is_ruled_out(name: str, column: Column) -> bool:
    folded = fold(name)
    return any(fold(part) in folded for part in column.never)


def _parts(name: str) -> Iterator[str]:
    yield re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)
    yield from re.split(r"[/\n,;:(|]", name)
