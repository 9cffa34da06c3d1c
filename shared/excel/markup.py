"""XML of a package part, read as a stream of elements. A document type declaration, and so every entity, is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from xml.parsers import expat

from shared.excel.package import Reason, refused

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]
_ENCODINGS = frozenset({"UTF-8", "UTF-16", "US-ASCII", "ISO-8859-1"})
"""What expat itself reads."""


def parse(
    chunks: Iterable[bytes],
    *,
    part: str,
    start: Start,
    end: End | None = None,
    text: Text | None = None,
) -> None:
    """Feed `chunks` to the handlers. Element names come without their prefix, attribute names as written.

    Raises NotAWorkbook on XML that is not well formed and on any DOCTYPE; what a handler raises passes
    through.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(_local_name(name), attributes)
    if end is not None:
        parser.EndElementHandler = lambda name: end(_local_name(name))
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_odd_encoding
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise refused(Reason.DAMAGED, part) from fault


@lru_cache(maxsize=256)
def _local_name(name: str) -> str:
    """The name without its prefix; a sheet has hundreds of thousands of elements, and a handful of names."""
    return name.rpartition(":")[2]


def _refuse_odd_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    """Both formats allow UTF-8 and UTF-16 only; what Python does not know would come out as a LookupError."""
    if encoding is not None and encoding.upper() not in _ENCODINGS:
        raise refused(Reason.DAMAGED, "encoding")


def _refuse_doctype(*_: object) -> None:
    raise refused(Reason.DAMAGED, "DOCTYPE")
