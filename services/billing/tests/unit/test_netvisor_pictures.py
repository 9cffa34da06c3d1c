"""Pictures on a PDF page: the bytes inside are those of the picture."""

import random
import re
import struct
import zlib

import pytest

from services.billing.adapters.netvisor.picture import NotAPicture, page_of


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    colour_type: int = 2, *, bits: int = 8, interlaced: int = 0, more: bytes = b"", data: bytes | None = None
) -> bytes:
    """A picture of 4 × 2 pixels."""
    colours = {2: 3, 4: 2, 6: 4}.get(colour_type, 1)
    row = b"\x00" + bytes((4 * colours * bits + 7) // 8)
    head = struct.pack(">IIBBBBB", 4, 2, bits, colour_type, 0, 0, interlaced)
    body = zlib.compress(row * 2) if data is None else data
    half = len(body) // 2
    parts = [chunk(b"IHDR", head), more, chunk(b"IDAT", body[:half]), chunk(b"IDAT", body[half:]), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(colours: int = 3, *, frame: int = 0xC0) -> bytes:
    """The markers of a picture of 40 × 20 pixels."""
    head = struct.pack(">BHHB", 8, 20, 40, colours) + bytes(3 * colours)
    return (
        b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + bytes(14)
        + b"\xff" + bytes([frame]) + struct.pack(">H", 2 + len(head)) + head + b"\xff\xd9"
    )  # fmt: skip


def check_file(pdf: bytes) -> None:
    """Every place of the table is that of an object, every stream has the length that it says."""
    assert pdf.startswith(b"%PDF-1.5")
    assert pdf.endswith(b"%%EOF\n")
    places = [int(place) for place in re.findall(rb"^(\d{10}) 00000 n", pdf, re.MULTILINE)]
    assert [pdf[place : place + 7] for place in places] == [b"%d 0 obj" % n for n in range(1, len(places) + 1)]
    (start,) = re.findall(rb"startxref\n(\d+)", pdf)
    assert pdf[int(start) : int(start) + 4] == b"xref"
    for match in re.finditer(rb"/Length (\d+) >>\nstream\n", pdf):
        assert pdf[match.end() + int(match[1]) :].startswith(b"\nendstream")


def test_a_jpeg_stands_in_the_page_as_it_is() -> None:
    pdf = page_of(jpeg())
    check_file(pdf)
    assert jpeg() in pdf
    assert b"/Width 40 /Height 20 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode" in pdf
    assert b"q 523.00 0 0 261.50 36 544.50 cm" in pdf, "as wide as the page without its margins, at the top"
    assert page_of(jpeg()) == pdf


@pytest.mark.parametrize(
    ("picture", "space"),
    [
        (png(), b"/DeviceRGB"),
        (png(0), b"/DeviceGray"),
        (png(0, bits=1), b"/BitsPerComponent 1"),
        (png(3, more=chunk(b"PLTE", b"\x00\x01\x02\xff\xfe\xfd")), b"[/Indexed /DeviceRGB 1 <000102fffefd>]"),
    ],
    ids=["colours", "grey", "black and white", "palette"],
)
def test_a_png_keeps_its_packed_rows(picture: bytes, space: bytes) -> None:
    pdf = page_of(picture)
    check_file(pdf)
    assert space in pdf
    assert b"/Predictor 15" in pdf


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8",
        jpeg()[:30],
        jpeg(2),
        jpeg(frame=0xC3),
        png(interlaced=1),
        png(5),
        png(3),
        png(data=zlib.compress(b"short")),
        png(data=zlib.compress(bytes(10_000_000))),
        png(data=b"not packed"),
        png()[:-20],
    ],
)
def test_what_would_not_show_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        page_of(content)


def test_more_than_the_size_says_is_not_unpacked() -> None:
    huge = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 6, 0, 0, 0)
    bomb = png(6).replace(png(6)[16:29], huge)
    with pytest.raises(NotAPicture, match="too large"):
        page_of(bomb)


IMAGE, MASK = 4, 6
"""Numbers of the objects in the file."""


def rows_of(pdf: bytes, number: int) -> bytes:
    """The unpacked data of an object."""
    match = re.search(rb"\n%d 0 obj\n[^\n]*/Length (\d+) >>\nstream\n" % number, pdf)
    assert match is not None
    return zlib.decompress(pdf[match.end() : match.end() + int(match[1])])


@pytest.mark.parametrize(("colour_type", "bits"), [(6, 8), (4, 8), (6, 16), (4, 16)])
def test_transparency_becomes_a_mask(colour_type: int, bits: int) -> None:
    channels, size = (4 if colour_type == 6 else 2), bits // 8
    pixels = [bytes((10 * place + channel) for channel in range(channels * size)) for place in range(4)]
    row = b"\x02" + b"".join(pixels)
    pdf = page_of(png(colour_type, bits=bits, data=zlib.compress(row * 2)))
    check_file(pdf)
    assert b"/SMask 6 0 R" in pdf
    colours = b"\x02" + b"".join(pixel[:-size] for pixel in pixels)
    opacity = b"\x02" + b"".join(pixel[-size:] for pixel in pixels)
    assert rows_of(pdf, MASK) == opacity * 2
    assert rows_of(pdf, IMAGE) == colours * 2


def test_a_picture_that_is_split_shows_the_same_pixels() -> None:
    """The filters undone on whole and on split rows give the same: the proof that they may be split."""
    rng = random.Random(7)
    width, height = 5, 6
    rows = [bytes([rng.randrange(5)]) + rng.randbytes(width * 4) for _ in range(height)]
    pdf = page_of(png_of(width, height, 6, b"".join(rows)))
    whole = unfiltered(b"".join(rows), width, 4)
    colours = unfiltered(rows_of(pdf, IMAGE), width, 3)
    assert colours == [[pixel[:3] for pixel in row] for row in whole]


def png_of(width: int, height: int, colour_type: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def unfiltered(rows: bytes, width: int, channels: int) -> list[list[bytes]]:
    """Pixels of filtered rows, as the PNG specification undoes its filters."""
    size, above = 1 + width * channels, bytes(width * channels)
    found = []
    for start in range(0, len(rows), size):
        kind, line = rows[start], bytearray(rows[start + 1 : start + size])
        for place in range(len(line)):
            left = line[place - channels] if place >= channels else 0
            corner = above[place - channels] if place >= channels else 0
            line[place] = (line[place] + _guess(kind, left, above[place], corner)) % 256
        above = bytes(line)
        found.append([above[place : place + channels] for place in range(0, len(above), channels)])
    return found


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    distances = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
    return (left, up, corner)[distances.index(min(distances))]
