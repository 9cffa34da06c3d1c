"""A file that is no workbook, or a hostile one, is refused early, cheaply and with one clear error."""

from __future__ import annotations

import io
import random
import struct
import time
import tracemalloc
import zipfile
from decimal import Decimal

import pytest

from shared.excel import NotAWorkbook, WorkbookLimits, WorkbookTooLarge, read_workbook
from shared.testing.workbooks import minimal_parts, package, workbook

SHEET = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
MIB = 1024 * 1024


def reason_of(stream):
    with pytest.raises(NotAWorkbook) as caught:
        read_workbook(stream)
    return caught.value.facts["reason"]


def limit_of(stream, limits=None):
    with pytest.raises(WorkbookTooLarge) as caught:
        read_workbook(stream, limits or WorkbookLimits())
    return caught.value.facts["limit"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"Nimi;Y-tunnus\nA Oy;9000011-8\n", "not_xlsx"),
        (b"<html><table><tr><td>Nimi</td></tr></table></html>", "not_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "old_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04 and then nothing", "damaged"),
    ],
)
def test_other_files_are_told_apart(content, reason):
    assert reason_of(io.BytesIO(content)) == reason


def test_a_zip_of_something_else_is_no_workbook():
    assert reason_of(package({"a.txt": "a"})) == "not_xlsx"
    assert reason_of(package({"mimetype": "x", "content.xml": "<a/>"})) == "not_xlsx"


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml", "XL\\VBAPROJECT.BIN"])
def test_macros_are_refused(part):
    assert reason_of(package({**minimal_parts(SHEET), part: b"x"})) == "macros"


def test_a_workbook_that_takes_values_from_other_files_is_refused():
    link = "xl/externalLinks/externalLink1.xml"
    assert reason_of(package({**minimal_parts(SHEET), link: b"<externalLink/>"})) == "external_links"


def test_macros_are_refused_by_the_declared_type_too():
    parts = minimal_parts(SHEET)
    declared = str(parts["[Content_Types].xml"]).replace("spreadsheetml.sheet.main", "sheet.macroEnabled.main")
    assert reason_of(package({**parts, "[Content_Types].xml": declared})) == "macros"


def test_a_cut_file_is_damaged():
    whole = workbook([["Nimi"], ["A"]]).getvalue()
    for length in range(4, len(whole) - 1, 97):
        assert reason_of(io.BytesIO(whole[:length])) == "damaged"


def test_flipped_bytes_give_a_clear_error_or_a_reading_but_never_another_exception():
    whole = workbook([["Nimi", "Y-tunnus"], ["A Oy", 90000118], ["B", 1.5]]).getvalue()
    dice, refused = random.Random(20260903), 0
    for _ in range(400):
        bent = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        try:
            read_workbook(io.BytesIO(bytes(bent)))
        except (NotAWorkbook, WorkbookTooLarge):
            refused += 1
    assert 0 < refused < 400, "both happen"


@pytest.mark.parametrize(
    ("old", "new"),
    [("<row", "<wor"), ("<v>1</v>", "<v>1"), ('r="A1"', 'r="1A"'), ('r="A1"', 'r="XFE1"'), ('r="1"', 'r="0"')],
)
def test_a_damaged_sheet_is_damaged(old, new):
    assert reason_of(package(minimal_parts(SHEET.replace(old, new, 1)))) == "damaged"


def test_a_shared_string_that_is_not_there_is_damage():
    assert reason_of(package(minimal_parts('<sheetData><row><c t="s"><v>0</v></c></row></sheetData>'))) == "damaged"


def test_a_missing_sheet_part_is_damage():
    parts = minimal_parts(SHEET)
    del parts["xl/sheet1.xml"]
    assert reason_of(package(parts)) == "damaged"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
        "<!DOCTYPE a>",
    ],
)
def test_document_types_and_so_all_entities_are_refused(doctype):
    parts = minimal_parts(SHEET)
    assert reason_of(package({**parts, "xl/sheet1.xml": doctype + str(parts["xl/sheet1.xml"])})) == "damaged"


def test_a_200_mb_bomb_is_refused_from_the_directory_in_no_time():
    bomb = package({**minimal_parts(SHEET), "xl/media/a.bin": bytes(200 * MIB)})
    tracemalloc.start()
    started = time.process_time()
    assert limit_of(bomb) == "uncompressed_bytes"
    took = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 0.25
    assert peak < 4 * MIB


def test_a_part_that_is_packed_too_tightly_is_refused():
    assert limit_of(package({**minimal_parts(SHEET), "xl/a.bin": bytes(40 * MIB)})) == "ratio"


def test_a_directory_that_lies_about_sizes_gains_nothing():
    rows = "<row><c><v>1</v></c></row>" * 200_000
    honest = package(minimal_parts(f"<sheetData>{rows}</sheetData>")).getvalue()
    size = len(minimal_parts(f"<sheetData>{rows}</sheetData>")["xl/sheet1.xml"])
    lying = honest.replace(struct.pack("<L", size), struct.pack("<L", 500))
    tracemalloc.start()
    assert reason_of(io.BytesIO(lying)) == "damaged"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB


def test_what_is_unpacked_is_counted_over_all_parts():
    parts = minimal_parts(f"<sheetData/><!--{random.Random(1).randbytes(300_000).hex()}-->")
    stream = package(parts)
    book_with_room = WorkbookLimits(uncompressed_bytes=700_000)
    assert read_workbook(stream, book_with_room)[0].rows == {}
    stream.seek(0)
    assert limit_of(stream, WorkbookLimits(uncompressed_bytes=500_000)) == "uncompressed_bytes"


def test_a_large_upload_is_not_read_to_its_end():
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size=-1):
            self.asked += size
            return b"P" * size

    endless = Endless()
    assert limit_of(endless, WorkbookLimits(compressed_bytes=1000)) == "compressed_bytes"
    assert endless.asked == 1001


def test_too_many_parts_sheets_cells_and_texts_are_refused():
    assert limit_of(package({f"{n}.xml": "" for n in range(30)}), WorkbookLimits(parts=29)) == "parts"
    assert limit_of(workbook({f"S{n}": [[1]] for n in range(4)}), WorkbookLimits(sheets=3)) == "sheets"
    assert limit_of(workbook([[1, 2], [3, 4]]), WorkbookLimits(cells=3)) == "cells"
    empties = package(minimal_parts(f"<sheetData><row>{'<c/>' * 100}</row></sheetData>"))
    assert limit_of(empties, WorkbookLimits(elements=100)) == "elements"
    assert limit_of(workbook([["abc"]]), WorkbookLimits(cell_characters=2)) == "cell_characters"
    assert limit_of(workbook([[1]], merged=["A1:A2", "B1:B2"]), WorkbookLimits(merged=1)) == "merged"
    repeated = workbook([["abc"]] * 10)
    assert limit_of(repeated, WorkbookLimits(text_characters=29)) == "text_characters"


def test_a_cell_far_away_costs_nothing():
    far = package(minimal_parts('<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'))
    assert read_workbook(far)[0].rows[1_048_576][16_384].value == Decimal(1)


def test_encrypted_parts_are_recognised():
    stream = package(minimal_parts(SHEET))
    content = bytearray(stream.getvalue())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert reason_of(io.BytesIO(bytes(content))) == "encrypted"


def test_other_compressions_than_deflate_are_refused():
    assert reason_of(package(minimal_parts(SHEET), compression=zipfile.ZIP_LZMA)) == "damaged"
