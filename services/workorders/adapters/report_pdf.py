"""The customer's report as a PDF of A4 pages, to be read and printed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from services.workorders.adapters.report_tables import Table, row_table, summary_tables
from services.workorders.adapters.report_words import Words
from services.workorders.domain.errors import ReportTooLarge
from services.workorders.domain.report import Report
from shared.excel.writing import Value

MOST_ROWS: Final = 5_000
"""Laying out took 6 ms and 36 KiB for each on a busy machine: with 50,000 a process of the API would be gone."""
_MARGIN: Final = 12 * mm
_WIDTH: Final = landscape(A4)[0] - 2 * _MARGIN
_SMALL: Final = 6.5
_PADDING: Final = 12.5
_WIDEST_WORD: Final = 45 * mm
_WIDEST_TEXT: Final = 80 * mm
_LOOKED_AT: Final = 200
_GRID: Final = TableStyle(
    [
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e6ebf0")),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#c0c8d0")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
)


def write_report_pdf(stream: BinaryIO, report: Report, words: Words, *, prices: bool) -> None:
    """Write the report. prices  whether it may hold money. Raises ReportTooLarge, writing nothing."""
    rows = sum(max(1, len(order.rows)) for order in report.orders)
    if rows > MOST_ROWS:
        raise ReportTooLarge(
            f"This would be {rows} rows; a PDF has at most {MOST_ROWS}. Ask for a workbook or a shorter period.",
            found=rows,
            most=MOST_ROWS,
        )
    _use_fonts()
    head = f"{words.customer}: {report.customer.number} {report.customer.name}"
    period = f"{words.period}: {_shown(report.first)} – {_shown(report.last)}"
    story: list[Any] = [_text(words.title, "title"), _text(head, "plain"), _text(period, "plain")]
    for table in summary_tables(report, words, prices=prices):
        story += [Spacer(1, 5 * mm), _text(table.title, "heading"), _drawn(table)]
    detail = row_table(report, words, prices=prices)
    story += [Spacer(1, 5 * mm), _text(detail.title, "heading"), _drawn(detail)]
    document = SimpleDocTemplate(
        stream,
        pagesize=landscape(A4),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 4 * mm,
        title=f"{words.title} – {report.customer.name}",
        author="Urakka",
    )

    def foot(canvas: Any, _document: Any) -> None:
        canvas.setFont("Vera", 7)
        canvas.drawString(_MARGIN, 8 * mm, head[:120])
        canvas.drawRightString(_MARGIN + _WIDTH, 8 * mm, f"{words.page} {canvas.getPageNumber()}")

    document.build(story, onFirstPage=foot, onLaterPages=foot)


def _drawn(table: Table) -> LongTable:
    header = [_text(name, "head") for name in table.header]
    body = [
        [_text(_shown(value), "number" if index in table.numeric else "cell") for index, value in enumerate(row)]
        for row in table.rows
    ]
    drawn = LongTable([header, *body], colWidths=_widths(table), repeatRows=1)
    drawn.setStyle(_GRID)
    return drawn


def _widths(table: Table) -> list[float]:
    """Share the page's width: every column fits its longest word, and those with more text get what is left."""
    least, most = [], []
    for index, name in enumerate(table.header):
        texts = [_shown(row[index]) for row in table.rows[:_LOOKED_AT]]
        words = [word for text in texts for word in text.split(" ")]
        heads = [stringWidth(word, "VeraBd", _SMALL) for word in name.split(" ")]
        least.append(
            _PADDING + min(_WIDEST_WORD, max([*heads, *(stringWidth(word, "Vera", _SMALL) for word in words)]))
        )
        longest = max((stringWidth(text, "Vera", _SMALL) for text in texts), default=0.0)
        most.append(max(least[-1], min(_WIDEST_TEXT, _PADDING + longest)))
    spare = max(0.0, _WIDTH - sum(least))
    wanted = sum(most) - sum(least) or 1.0
    shares = [less + spare * (more - less) / wanted for more, less in zip(most, least, strict=True)]
    return [_WIDTH * share / sum(shares) for share in shares]


def _shown(value: Value) -> str:
    """Write a value as Finns read it: 1.11.2026 and 1 234,50; of a number's decimals two, and more if they say more."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value.day}.{value.month}.{value.year}"
    if isinstance(value, Decimal):
        whole, _, decimals = f"{value:,f}".replace(",", "\u00a0").partition(".")
        return f"{whole},{decimals.rstrip('0').ljust(2, '0')}"
    return str(value)


def _text(text: str, style: str) -> Paragraph:
    return Paragraph(escape(text), _styles()[style])


@cache
def _use_fonts() -> None:
    """Register the fonts that come with the library: they have the letters of the Nordic and Baltic languages."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in (("Vera", "Vera.ttf"), ("VeraBd", "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))


@cache
def _styles() -> dict[str, ParagraphStyle]:
    plain = ParagraphStyle("plain", fontName="Vera", fontSize=9, leading=12)
    cell = ParagraphStyle("cell", fontName="Vera", fontSize=_SMALL, leading=8, splitLongWords=1)
    return {
        "title": ParagraphStyle("title", fontName="VeraBd", fontSize=15, leading=20),
        "heading": ParagraphStyle("heading", fontName="VeraBd", fontSize=10, leading=14),
        "plain": plain,
        "cell": cell,
        "head": ParagraphStyle("head", parent=cell, fontName="VeraBd"),
        "number": ParagraphStyle("number", parent=cell, alignment=2),
    }
