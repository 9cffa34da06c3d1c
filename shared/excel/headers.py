"""Find the header row of a table among titles and notes, and which column is which field."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.excel.cells import Cell, Kind
from shared.excel.parsers import Parser, fold
from shared.excel.recognition import Recognise, typical_cells
from shared.excel.sheet import Sheet, column_letter

ROWS_SEARCHED: Final = 60
"""How many filled rows at the top of a sheet may be the header."""
COLUMNS_SEARCHED: Final = 300
LONGEST_NAME: Final = 120
"""How many names in a row, and how long ones, are looked at: what is beyond is no header."""
_SHORTEST_NEAR: Final = 6
_SHORTEST_ABBREVIATED: Final = 4
_DECORATION: Final = re.compile(r"(?:€|\b(?:eur|euroa?)\b|\b(?:alv|vat|moms)\s*0\s*%?)", re.IGNORECASE)
"""What headers of prices add to the word: the currency, and that there is no VAT in them."""
_NUMBER_SIGN: Final = re.compile(r"\s*[#№]\s*")


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
    instead      fields that together stand for a required column that is missing: first and last name for a name.
    by_heading   where the table has no such column, rows that stand alone above groups of rows name the value.
    twin         (field, its head, own head): where the name of the other field stands twice, the one nearest to the
                 right of the own head is this one: the postal codes of two addresses.
    by_content   says whether cells can hardly be anything else, whatever the name above them that nobody knows.
    by_content_if_nameless  the same where nothing stands above them: less is needed then.
    """

    field: str
    labels: tuple[str, ...]
    parse: Parser
    required: bool = False
    unique: bool = False
    fill_merged: bool = False
    never: tuple[str, ...] = ()
    fit: Callable[[Sequence[Cell]], Parser] | None = None
    instead: tuple[str, ...] = ()
    by_heading: bool = False
    twin: tuple[str, str, str] | None = None
    by_content: Recognise | None = None
    by_content_if_nameless: Recognise | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A header row: `found` maps column number to Column, `names` column number to the name in the sheet.

    A column that was recognised though it has no name is called by its letter.
    """

    row: int
    found: Mapping[int, Column]
    names: Mapping[int, str]

    def missing(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Required columns that the header lacks, and that nothing else in it stands for."""
        fields = {column.field for column in self.found.values()}
        return tuple(
            column
            for column in columns
            if column.required
            and column.field not in fields
            and not (column.instead and fields.issuperset(column.instead))
        )


Choices = Mapping[str, str]
"""Header name, folded → the field that a person said it is; "" when the column is to be left out."""


def find_header(sheet: Sheet, columns: Sequence[Column], chosen: Choices | None = None) -> Header | None:
    """Return the row that names most columns (the first of equals), or None when no row names two of them.

    chosen  what a person said about header names; it goes before every guess
    A row with all required columns comes before any without. A name in a cell merged downwards counts for each of its
    rows, so a header of two rows is found in its lower one. Where a sheet has one column only, its one name is enough.
    Columns of that row that no name tells are then recognised by what stands in them.
    """
    labels = _Labels(columns)
    fewest = 1 if is_one_column(sheet) else min(2, len(columns))
    best: Header | None = None
    best_score = (False, 0)
    for row in list(sheet.rows)[:ROWS_SEARCHED]:
        names = header_names(sheet, row)
        header = Header(row, _match(sheet, row, names, columns, labels, chosen or {}), names)
        score = (not header.missing(columns), len(header.found))
        if len(header.found) >= fewest and score > best_score:
            best, best_score = header, score
    return best and _recognised(sheet, best, columns, chosen or {})


def _recognised(sheet: Sheet, header: Header, columns: Sequence[Column], chosen: Choices) -> Header:
    """Add the columns that only their cells tell: fields in their order, columns from left to right."""
    found, names = dict(header.found), dict(header.names)
    unknown = {
        number: cells
        for number, cells in typical_cells(sheet, header.row).items()
        if number not in found and fold(names.get(number) or column_letter(number)) not in chosen
    }
    fields = {column.field for column in found.values()}
    for column in columns:
        if column.field in fields or fields.issuperset(column.instead or (column.field,)):
            continue
        for number, cells in unknown.items():
            tests = [column.by_content, None if number in names else column.by_content_if_nameless]
            if number not in found and any(test(cells) for test in tests if test is not None):
                found[number] = column
                break
    names |= {number: column_letter(number) for number in found if number not in names}
    return Header(header.row, dict(sorted(found.items())), names)


def is_one_column(sheet: Sheet) -> bool:
    """Say whether all that is filled stands in one column, in more than one row."""
    return len(sheet.rows) > 1 and len({column for cells in sheet.rows.values() for column in cells}) == 1


def _group_names(sheet: Sheet, row: int) -> dict[int, str]:
    """By column number, what stands above the names of `row` in a cell that is merged over several of them."""
    groups: dict[int, str] = {}
    for area in sheet.merged:
        cell = sheet.rows.get(area.first_row, {}).get(area.first_column)
        if area.last_row == row - 1 and area.last_column > area.first_column and cell and cell.kind is Kind.TEXT:
            last = min(area.last_column, area.first_column + COLUMNS_SEARCHED)
            groups |= dict.fromkeys(range(area.first_column, last + 1), str(cell.value)[:LONGEST_NAME])
    return groups


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
    return {column: names[column] for column in sorted(names)[:COLUMNS_SEARCHED] if len(names[column]) <= LONGEST_NAME}


class _Labels:
    """The labels of all columns, folded once. Every look-up gives pairs (place among the labels, index of column)."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._places: dict[str, list[tuple[int, int]]] = {}
        for index, column in enumerate(columns):
            for place, label in enumerate(column.labels):
                self._places.setdefault(fold(label), []).append((place, index))
        self._never = [tuple(map(fold, column.never)) for column in columns]

    def exact(self, name: str) -> list[tuple[int, int]]:
        """The whole name is a label."""
        return self._places.get(fold(_NUMBER_SIGN.sub(" no", name)), [])

    def by_part(self, name: str) -> list[tuple[int, int]]:
        """A part of the name is a label: `Puhelin (työ)`, `Nimi / Asiakas`."""
        without_brackets = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)
        parts = [without_brackets, _DECORATION.sub(" ", name), *re.split(r"[/\n,;:(|]", name)]
        return self._allowed(name, [found for part in parts for found in self.exact(part)])

    def abbreviated(self, name: str) -> list[tuple[int, int]]:
        """The name is a label cut short at its points: `Lask.os`, `Betaln.villkor`; of several the shortest."""
        pieces = [fold(piece) for piece in name.split(".")]
        if len(pieces) < 2 or len("".join(pieces)) < _SHORTEST_ABBREVIATED or len(pieces[0]) < 2:
            return []
        cut = re.compile(".*".join(map(re.escape, filter(None, pieces))))
        found = [(len(label), place) for label, places in self._places.items() if cut.match(label) for place in places]
        allowed = self._allowed(name, [place for length, place in found if length == min(found)[0]])
        return allowed if len({index for _, index in allowed}) == 1 else []

    def near(self, name: str) -> list[tuple[int, int]]:
        """A long name is a label but for a slip of the pen: `Postinumro`."""
        folded = fold(name)
        if len(folded) < _SHORTEST_NEAR:
            return []
        close = [
            found
            for label, places in self._places.items()
            if len(label) >= _SHORTEST_NEAR and _differs_by_one_slip(folded, label)
            for found in places
        ]
        return self._allowed(name, close)

    def _allowed(self, name: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        folded = fold(name)
        return [found for found in places if not any(part in folded for part in self._never[found[1]])]


def _differs_by_one_slip(written: str, meant: str) -> bool:
    """One letter too many, missing, wrong, or two neighbours exchanged."""
    if abs(len(written) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    left, right = written[start:], meant[start:]
    return (
        left[1:] == right
        or left == right[1:]
        or left[1:] == right[1:]
        or (left[2:] == right[2:] and left[:2] == right[1::-1])
    )


def _match(
    sheet: Sheet, row: int, names: Mapping[int, str], columns: Sequence[Column], labels: _Labels, chosen: Choices
) -> dict[int, Column]:
    """Say which column of the sheet is which field; every field and every column at most once.

    What a person chose comes before all else. Whole names go first, above all those together with the name of their
    group (`Laskutus` over `Osoite`), then parts of names, then (in a row that has a name already) names cut short and
    near misses. Among columns for one field visible ones go before hidden ones, more specific labels before general
    ones, left before right.
    """
    by_field = {column.field: column for column in columns}
    found: dict[int, Column] = {}
    settled: set[int] = set()
    for number, name in names.items():
        if (field := chosen.get(fold(name))) is None:
            continue
        settled.add(number)
        if field in by_field:
            found.setdefault(number, by_field.pop(field))
    groups = _group_names(sheet, row)
    grouped = {number: f"{groups[number]} {name}" for number, name in names.items() if number in groups}
    for look_up, called in (
        (labels.exact, grouped),
        (labels.exact, names),
        (labels.by_part, names),
        (labels.abbreviated, names),
        (labels.near, names),
    ):
        if look_up in (labels.abbreviated, labels.near) and not found:
            break
        candidates = sorted(
            (sheet.is_hidden(number), place, number, index)
            for number, name in called.items()
            if number not in found and number not in settled
            for place, index in look_up(name)
        )
        for _, _, number, index in candidates:
            taken = any(column.field == columns[index].field for column in found.values())
            if number not in found and not taken:
                found[number] = columns[index]
    for column in columns:
        if column.twin is not None:
            _part_twins(column, column.twin, names, by_field, found, settled)
    return dict(sorted(found.items()))


def _part_twins(
    column: Column,
    twin: tuple[str, str, str],
    names: Mapping[int, str],
    by_field: Mapping[str, Column],
    found: dict[int, Column],
    settled: Collection[int],
) -> None:
    """Give each of two columns of the same name to the head that stands nearest to its left."""
    places = {one.field: number for number, one in found.items()}
    other, others_head, own_head = twin
    if column.field in places or not {other, others_head, own_head} <= places.keys() or column.field not in by_field:
        return
    same = [n for n, name in names.items() if fold(name) == fold(names[places[other]]) and n not in settled]
    heads = sorted([(places[others_head], other), (places[own_head], column.field)])
    if len(same) != len(heads) or not heads[0][0] < same[0] < heads[1][0] < same[1]:
        return
    both = {other: found[places[other]], column.field: column}
    for number, (_, field) in zip(same, heads, strict=True):
        found[number] = both[field]
