"""Writing and reading XML elements in order; empty ones are never written."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from lxml import etree

from services.billing.adapters.einvoice.words import plain

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class NotReadable(ValueError):
    """The bytes are not a file that was written here."""


class Branch:
    """An element that grows in the order of the calls; `prefixes` maps "cbc" in "cbc:ID" to its namespace."""

    def __init__(self, element: etree._Element, prefixes: Mapping[str, str]) -> None:
        self.element = element
        self._prefixes = prefixes

    def put(self, name: str, text: str, **attributes: str) -> None:
        """Add an element with this text; nothing for an empty text."""
        if text:
            etree.SubElement(self.element, self._tag(name), attributes).text = text

    def empty(self, name: str, **attributes: str) -> None:
        """Add an element without content, where the format demands one."""
        etree.SubElement(self.element, self._tag(name), attributes)

    def branch(self, name: str) -> "Branch":
        """Add an element to put others into."""
        return Branch(etree.SubElement(self.element, self._tag(name)), self._prefixes)

    def at(self, path: str) -> "Branch":
        """Add nested elements, "cac:Party/cac:Contact", and return the innermost."""
        innermost = self
        for name in path.split("/"):
            innermost = innermost.branch(name)
        return innermost

    def _tag(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return f"{{{self._prefixes[prefix]}}}{local}" if colon else name


def amount(value: Decimal) -> str:
    """Two decimals and a point, no "-0.00". Raises ValueError if that would lose something: nothing is rounded here."""
    if value != value.quantize(Decimal("0.01")):
        raise ValueError("an amount with more than two decimals")
    return plain(value, places=2)


def serialised(root: etree._Element, encoding: str) -> bytes:
    """The document, indented with spaces, with its declaration."""
    etree.indent(root)
    payload = etree.tostring(root, encoding=encoding, xml_declaration=True)
    assert isinstance(payload, bytes)  # text only for the encoding "unicode"
    return payload


def parse(payload: bytes) -> etree._Element:
    """The root element; raises NotReadable."""
    try:
        return etree.fromstring(payload, _PARSER)
    except etree.XMLSyntaxError as error:
        raise NotReadable("not well-formed XML") from error


def text(element: etree._Element, path: str, prefixes: Mapping[str, str] | None = None) -> str:
    """The text at `path`; raises NotReadable if there is none."""
    found = element.findtext(path, None, dict(prefixes or {}))
    if found is None:
        raise NotReadable(f"no {path}")
    return str(found)


def decimal(element: etree._Element, path: str, prefixes: Mapping[str, str] | None = None) -> Decimal:
    """The number at `path`, with point or comma; raises NotReadable."""
    try:
        return Decimal(text(element, path, prefixes).replace(",", "."))
    except InvalidOperation:
        raise NotReadable(f"no number at {path}") from None
