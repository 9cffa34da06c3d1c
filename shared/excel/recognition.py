"""Recognise what a column holds by its cells, where no name above them tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from shared.excel.cells import Cell, Kind
from shared.excel.parsers import CellProblem
from shared.excel.sheet import Sheet

Recognise = Callable[[Sequence[Cell]], bool]
"""Says whether the cells of a column are of one kind."""

_ROWS_SEEN: Final = 200
_FEWEST_CELLS: Final = 2
_SHARE: Final = 0.8
"""How much of a column must fit: some cells are wrong, and those are to be named."""


def typical_cells(sheet: Sheet, header_row: int) -> dict[int, list[Cell]]:
    """Return the filled cells of the first rows below a header, by column number from left to right."""
    columns: dict[int, list[Cell]] = {}
    below = [row for row in sheet.rows if row > header_row]
    for row in below[:_ROWS_SEEN]:
        for number, cell in sheet.rows[row].items():
            columns.setdefault(number, []).append(cell)
    return dict(sorted(columns.items()))


def mostly(fits: Callable[[Cell], bool], share: float = _SHARE) -> Recognise:
    """Most cells of the column pass a test, and there are enough of them to say so."""

    def recognise(cells: Sequence[Cell]) -> bool:
        return len(cells) >= _FEWEST_CELLS and sum(map(fits, cells)) >= share * len(cells)

    return recognise


def reads(parse: Callable[[Cell], object], *, kinds: Sequence[Kind] = (Kind.TEXT,)) -> Callable[[Cell], bool]:
    """Make a test of a parser: a cell of these kinds fits when the parser takes it."""

    def fits(cell: Cell) -> bool:
        try:
            return cell.kind in kinds and parse(cell) is not None
        except CellProblem:
            return False

    return fits
