"""How much a workbook may ask of us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class WorkbookLimits:
    """Upper bounds, all inclusive. Passing one raises WorkbookTooLarge.

    compressed_bytes    size of the file.
    uncompressed_bytes  all parts of the package together, as the zip directory states them and as they turn
    out.
    ratio               unpacked to packed size of one part larger than 1 MiB; deflate reaches 1 030, real
    sheets 60.
    parts               files in the package.
    sheets              sheets in the workbook.
    cells               filled cells of all visible sheets.
    merged              merged areas of one sheet.
    elements            rows, cells (empty ones too) and shared strings: what the reader has to look at.
    cell_characters     text of one cell; Excel itself stops at 32 767.
    text_characters     text of all cells together, each use of a shared string counted.
    """

    compressed_bytes: int = 20 * 1024 * 1024
    uncompressed_bytes: int = 128 * 1024 * 1024
    ratio: int = 150
    parts: int = 2_000
    sheets: int = 50
    cells: int = 1_000_000
    merged: int = 20_000
    elements: int = 3_000_000
    cell_characters: int = 32_767
    text_characters: int = 20_000_000


DEFAULT_LIMITS: Final = WorkbookLimits()
