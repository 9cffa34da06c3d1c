"""Five hundred broken workbooks: good ones changed where it hurts. Never a 5xx, never half an import."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import func, select

from services.customers.models import Customer
from shared.testing.service import ServiceUnderTest

SEED = 20261121
MUTATIONS = 500
HEADER = ("Nimi", "Asiakasnumero", "Y-tunnus", "Postinumero", "Kaupunki", "Puhelin", "Maksuehto", "Yhteyshenkilö")
ROWS = (
    ("As Oy Esimerkin Haapapiha", "1001", "9000011-8", "02150", "ESPOO", "040 123 4567", 14, "Maija"),
    ("Mallirakennus Oy", "1002", "9000159-1", 33100, "TAMPERE", 401234567, "30 pv", None),
    ("Virtanen Maija", None, None, "00100", "HELSINKI", "09 123 4567", 7, None),
    ("KOy Mallikaupungin Liiketalo", "1004", "9000085-5", 100, "ÅBO", None, 21, "Matti & Co"),
    ("Kauppakeskus Malli", None, "9000233-2", None, None, None, None, None),
    ("Yhteensä", None, None, None, None, None, None, None),
)
ODD_VALUES = (
    None, "", " ", "0", -1, 10**18, 1e308, 0.1, True, False, datetime(2026, 2, 28, 12), "#N/A", "=1/0", "=A1", "\u00a0",
    "x" * 3000, "ä\u0308\u200b", "9000011-8", "'", '"', ";", "Nimi", "\ud7ff", "1001", "-", "Yhteensä", "NaN", "1e400",
)  # fmt: skip
ODD_TEXTS = (
    "",
    "-1",
    "0",
    "99999999999",
    "1e9",
    "A0",
    "ZZZZ1",
    "true",
    "x",
    "s",
    "inlineStr",
    "&#0;",
    "\u0000",
    "é" * 50,
)

Change = Callable[[random.Random], bytes]


def sheet_of(chance: random.Random) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (HEADER, *chance.sample(ROWS, k=len(ROWS))):
        sheet.append(row)
    return book, sheet


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def a_cell(sheet: Worksheet, chance: random.Random):
    return sheet.cell(chance.randint(1, sheet.max_row), chance.randint(1, sheet.max_column))


def odd_cells(chance: random.Random) -> bytes:
    book, sheet = sheet_of(chance)
    for _ in range(chance.randint(1, 8)):
        a_cell(sheet, chance).value = chance.choice(ODD_VALUES)
    return saved(book)


def swapped_cells(chance: random.Random) -> bytes:
    book, sheet = sheet_of(chance)
    for _ in range(chance.randint(1, 6)):
        one, other = a_cell(sheet, chance), a_cell(sheet, chance)
        one.value, other.value = other.value, one.value
    return saved(book)


def odd_formats(chance: random.Random) -> bytes:
    book, sheet = sheet_of(chance)
    for _ in range(chance.randint(1, 10)):
        a_cell(sheet, chance).number_format = chance.choice(
            ("0.00%", "d.m.yyyy", "@", "00000", "[h]:mm", ";;;", "# ?/?")
        )
    return saved(book)


def merged_areas(chance: random.Random) -> bytes:
    book, sheet = sheet_of(chance)
    for _ in range(chance.randint(1, 3)):
        top, left = chance.randint(1, 6), chance.randint(1, 7)
        down, across = chance.randint(0, 3), chance.randint(0, 3)
        sheet.merge_cells(start_row=top, start_column=left, end_row=top + down, end_column=left + across)
    return saved(book)


def moved_header(chance: random.Random) -> bytes:
    book, sheet = sheet_of(chance)
    if chance.random() < 0.5:
        sheet.insert_rows(1, chance.randint(1, 70))
        sheet["A1"] = "Asiakasluettelo"
    else:
        sheet.insert_cols(1, chance.randint(1, 5))
    if chance.random() < 0.3:
        sheet.delete_rows(chance.randint(1, 4))
    if chance.random() < 0.3:
        sheet.delete_cols(chance.randint(1, 4))
    return saved(book)


def more_sheets(chance: random.Random) -> bytes:
    book, _ = sheet_of(chance)
    for _ in range(chance.randint(1, 4)):
        other = book.create_sheet(index=chance.randint(0, len(book.worksheets)))
        for row in chance.sample((HEADER, *ROWS), k=chance.randint(0, 4)):
            other.append(row)
        if chance.random() < 0.4:
            other.sheet_state = "hidden"
    return saved(book)


def doubled_rows(chance: random.Random) -> bytes:
    book, sheet = sheet_of(chance)
    for row in chance.choices((HEADER, *ROWS), k=5):
        sheet.append(row)
    return saved(book)


def damaged_bytes(chance: random.Random) -> bytes:
    content = bytearray(saved(sheet_of(chance)[0]))
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.choice((len(content), chance.randrange(len(content))))])


def other_parts(chance: random.Random) -> bytes:
    """A part of the package is missing, empty, twice there, or under another's name."""
    parts = parts_of(chance)
    name, other = chance.choice(list(parts)), chance.choice(list(parts))
    match chance.randrange(4):
        case 0:
            del parts[name]
        case 1:
            parts[name] = b""
        case 2:
            parts[name], parts[other] = parts[other], parts[name]
        case _:
            parts[f"{name}/../{other}"] = parts[other]
    return packed(parts)


def odd_attributes(chance: random.Random) -> bytes:
    parts = parts_of(chance)
    name = chance.choice([name for name in parts if name.endswith((".xml", ".rels"))])
    text = parts[name].decode()
    places = list(re.finditer(r'(?<==")[^"]*(?=")', text))
    for place in sorted(chance.sample(places, k=min(len(places), chance.randint(1, 4))), key=lambda one: -one.start()):
        text = text[: place.start()] + chance.choice(ODD_TEXTS) + text[place.end() :]
    parts[name] = text.encode(errors="replace")
    return packed(parts)


def odd_elements(chance: random.Random) -> bytes:
    parts = parts_of(chance)
    name = chance.choice([name for name in parts if "sheet1" in name or "sharedStrings" in name or "styles" in name])
    text = parts[name].decode()
    tags = list(re.finditer(r"</?[a-zA-Z]+[^>]*>", text))
    tag = chance.choice(tags)
    instead = chance.choice(
        ("", tag[0] * 2, "<v>7</v>", "<x:y/>", "<!-- -->", "<?php?>", "<![CDATA[<]]>", "&amp;", "<c>")
    )
    parts[name] = (text[: tag.start()] + instead + text[tag.end() :]).encode()
    return packed(parts)


def as_text(chance: random.Random) -> bytes:
    delimiter = chance.choice((";", ",", "\t", "|", ":"))
    quote = chance.choice(("", '"'))
    lines = [delimiter.join(f"{quote}{'' if v is None else v}{quote}" for v in row) for row in (HEADER, *ROWS)]
    text = chance.choice(("\r\n", "\n", "\r")).join(lines)
    content = bytearray(
        text.encode(chance.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850", "utf-32")), "replace")
    )
    for _ in range(chance.randint(0, 4)):
        content[chance.randrange(len(content))] = chance.choice((0, 10, 34, 59, 200, 255))
    return bytes(content)


def parts_of(chance: random.Random) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(saved(sheet_of(chance)[0]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


CHANGES: tuple[Change, ...] = (
    odd_cells, swapped_cells, odd_formats, merged_areas, moved_header, more_sheets, doubled_rows, damaged_bytes,
    other_parts, odd_attributes, odd_elements, as_text,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_is_sent_the_answer_is_clear_and_the_register_is_what_it_says(
    service: ServiceUnderTest, change: Change
) -> None:
    numbers = range(CHANGES.index(change), MUTATIONS, len(CHANGES))
    taken = 0
    for number in numbers[service.database.is_sqlite :: 2]:  # each database gets every other one
        service.take_new_tenants()
        chance = random.Random(SEED + number)
        content = change(chance)
        office = service.caller("customers.read", "customers.write")
        wrong_rows = chance.choice(("leave_out", "stop"))
        answer = office.post(
            f"/imports?mode=confirm&wrong_rows={wrong_rows}",
            data={"file": (io.BytesIO(content), "x.xlsx")},
            content_type="multipart/form-data",
        )
        known = f"mutation {number} (seed {SEED + number}): {answer.status_code} {answer.get_data(as_text=True)[:300]}"
        stored, events = in_the_register(service), len(service.events("customer.changed.v1"))
        if answer.status_code == 200:
            counts, state = answer.json["counts"], answer.json["state"]
            assert state == ("stopped" if counts["refused"] and wrong_rows == "stop" else "confirmed"), known
            written = counts["created"] if state == "confirmed" else 0
            assert (stored, events) == (written, written), known
            assert counts["refused"] == len({error["row"] for error in answer.json["errors"]}), known
            taken += 1
        else:
            assert answer.status_code in (400, 413, 422), known
            assert answer.json["code"].startswith("workbook."), known
            assert (stored, events) == (0, 0), known
    if change not in (damaged_bytes, other_parts):
        assert taken, "not one of the mutations was read: they are not what they should be"


def in_the_register(service: ServiceUnderTest) -> int:
    with service.begin() as uow:
        return int(uow.session.scalar(select(func.count()).select_from(Customer)) or 0)
