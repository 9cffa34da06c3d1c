"""A JPEG or PNG picture on a PDF page, without decoding it: both formats are what PDF itself uses inside.

Source: ISO 32000-1 §7.4.4 (Flate with PNG predictors), §7.4.8 (DCT), §8.9.5 (images), §11.6.5.2 (soft masks). The same
picture gives the same bytes: a document that is sent again must not change.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_PNG = b"\x89PNG\r\n\x1a\n"
_A4 = (595, 842)
_MARGIN = 36
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Kind of PNG → values of a pixel."""
_PALETTE, _WITH_ALPHA = 3, (4, 6)
_PART, _MOST_BYTES, _MOST_SPLIT = 1 << 20, 400_000_000, 80_000_000
"""Bytes of unpacked rows: at once, at most, and at most of a picture that is taken apart in memory."""
_SPACES = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}


class NotAPicture(ValueError):
    """The content is neither a JPEG nor a PNG that can be put on a page as it is."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture as PDF names it: size in pixels, entries of its dictionary, data; `mask`: how opaque it is where."""

    width: int
    height: int
    entries: str
    data: bytes
    mask: "_Picture | None" = None


@lru_cache(maxsize=4)
def page_of(content: bytes) -> bytes:
    """One A4 page with the picture as large as fits. Raises NotAPicture, also for interlaced PNG."""
    try:
        picture = _png(content) if content.startswith(_PNG) else _jpeg(content)
    except (IndexError, KeyError, struct.error, zlib.error):
        raise NotAPicture("the picture is cut or damaged") from None
    if not picture.width or not picture.height:
        raise NotAPicture("the picture has no size")
    scale = min((_A4[0] - 2 * _MARGIN) / picture.width, (_A4[1] - 2 * _MARGIN) / picture.height)
    width, height = picture.width * scale, picture.height * scale
    drawing = f"q {width:.2f} 0 0 {height:.2f} {_MARGIN} {_A4[1] - _MARGIN - height:.2f} cm /P Do Q".encode()
    masks = [] if picture.mask is None else [_image(picture.mask)]
    return _file(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_A4[0]} {_A4[1]}] "
        "/Resources << /XObject << /P 4 0 R >> >> /Contents 5 0 R >>".encode(),
        _image(picture, " /SMask 6 0 R" if masks else ""),
        _stream("", drawing),
        *masks,
    )


def _image(picture: _Picture, more: str = "") -> bytes:
    size = f"/Width {picture.width} /Height {picture.height}"
    return _stream(f"/Type /XObject /Subtype /Image {size} {picture.entries}{more}", picture.data)


def _jpeg(content: bytes) -> _Picture:
    if not content.startswith(b"\xff\xd8"):
        raise NotAPicture("the picture is neither JPEG nor PNG")
    place = 2
    while True:
        if content[place] != 0xFF:
            raise NotAPicture("the picture is cut or damaged")
        marker = content[place + 1]
        (length,) = struct.unpack_from(">H", content, place + 2)
        if marker in _JPEG_FRAMES:
            bits, height, width, colours = struct.unpack_from(">BHHB", content, place + 4)
            if content.find(b"\xff\xd9", place) < 0:
                raise NotAPicture("the picture is cut or damaged")
            if bits != 8 or colours not in _SPACES:
                raise NotAPicture("the colours of the picture are unusual")
            # Four colours are written inverted by everybody who writes them.
            inverted = " /Decode [1 0 1 0 1 0 1 0]" if colours == 4 else ""
            entries = f"/ColorSpace {_SPACES[colours]} /BitsPerComponent 8 /Filter /DCTDecode{inverted}"
            return _Picture(width, height, entries, content)
        place += 2 + length


def _png(content: bytes) -> _Picture:
    """Packed rows stay as they are: PDF undoes PNG's filters itself. Transparent colours of a palette become opaque."""
    width, height, bits, colour_type, _, _, interlaced = struct.unpack_from(">IIBBBBB", content, 16)
    if colour_type not in _CHANNELS or interlaced:
        raise NotAPicture("the PNG is interlaced or of an unknown kind")
    chunks, channels = _chunks(content), _CHANNELS[colour_type]
    row_bytes = 1 + (width * channels * bits + 7) // 8
    if colour_type in _WITH_ALPHA:
        return _split(width, height, bits, channels, _unpacked(chunks[b"IDAT"], height * row_bytes))
    # A damaged picture would only show at the buyer's.
    if sum(len(part) for part in _parts(chunks[b"IDAT"], height * row_bytes)) != height * row_bytes:
        raise NotAPicture("the picture is cut or damaged")
    space = _SPACES[channels]
    if colour_type == _PALETTE:
        palette = chunks[b"PLTE"]
        space = f"[/Indexed /DeviceRGB {len(palette) // 3 - 1} <{palette.hex()}>]"
    return _Picture(width, height, _flate(space, channels, bits, width), chunks[b"IDAT"])


def _split(width: int, height: int, bits: int, channels: int, rows: bytes) -> _Picture:
    """Colours and opacity apart, as PDF wants them.

    PNG's filters work on each byte of a pixel by itself, so filtered rows can be split without undoing the filters.
    """
    size = bits // 8
    row_bytes, pixel = 1 + width * channels * size, channels * size
    colours, opacity = bytearray(), bytearray()
    for start in range(0, height * row_bytes, row_bytes):
        row = bytearray(rows[start + 1 : start + row_bytes])
        opacity += rows[start : start + 1]
        alphas = bytearray(width * size)
        for byte in range(size):
            alphas[byte::size] = row[pixel - size + byte :: pixel]
        opacity += alphas
        for removed in range(size):
            del row[pixel - size :: pixel - removed]
        colours += rows[start : start + 1] + row
    mask = _Picture(width, height, _flate(_SPACES[1], 1, bits, width), zlib.compress(bytes(opacity)))
    entries = _flate(_SPACES[channels - 1], channels - 1, bits, width)
    return _Picture(width, height, entries, zlib.compress(bytes(colours)), mask)


def _flate(space: str, channels: int, bits: int, width: int) -> str:
    parameters = f"<< /Predictor 15 /Colors {channels} /BitsPerComponent {bits} /Columns {width} >>"
    return f"/ColorSpace {space} /BitsPerComponent {bits} /Filter /FlateDecode /DecodeParms {parameters}"


def _unpacked(data: bytes, expected: int) -> bytes:
    if expected > _MOST_SPLIT:
        raise NotAPicture("the picture is too large")
    unpacked = b"".join(_parts(data, expected))
    if len(unpacked) != expected:
        raise NotAPicture("the picture is cut or damaged")
    return unpacked


def _parts(data: bytes, expected: int) -> Iterator[bytes]:
    """Unpack in parts, and not much more than is expected: a small file may hold a huge one."""
    if expected > _MOST_BYTES:
        raise NotAPicture("the picture is too large")
    unpacker, seen = zlib.decompressobj(), 0
    while seen <= expected and not unpacker.eof:
        part = unpacker.decompress(data, _PART)
        if not part:
            return
        data, seen = unpacker.unconsumed_tail, seen + len(part)
        yield part


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """Chunks of a PNG by type, those of one type joined."""
    found: dict[bytes, bytes] = {}
    place = len(_PNG)
    while content[place + 4 : place + 8] != b"IEND":
        (length,) = struct.unpack_from(">I", content, place)
        kind = content[place + 4 : place + 8]
        found[kind] = found.get(kind, b"") + content[place + 8 : place + 8 + length]
        place += 12 + length
    return found


def _stream(entries: str, data: bytes) -> bytes:
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _file(*objects: bytes) -> bytes:
    """The objects as a whole file, the first one being its root."""
    written, places = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    size = len(objects) + 1
    return (
        written
        + f"xref\n0 {size}\n0000000000 65535 f \n".encode()
        + table
        + f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n".encode()
    )
