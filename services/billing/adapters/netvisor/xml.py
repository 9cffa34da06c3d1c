"""Writing Netvisor's XML: children in the order of the calls, empty elements left out, decimals with a comma.

Source: netvisor interface sheet §1 and §7.
"""

from datetime import date
from decimal import Decimal

from lxml import etree


def add(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    """Append an element, unless its text is empty."""
    if text:
        always(parent, name, text, **attributes)


def always(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    """Append an element, empty or not."""
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None


def day(parent: etree._Element, name: str, when: date) -> None:
    """Append a date."""
    always(parent, name, when.isoformat(), format="ansi")


def body(root: etree._Element) -> bytes:
    """The document: UTF-8, no XML declaration, since it must begin with its root element."""
    return etree.tostring(root, encoding="utf-8", xml_declaration=False)


def amount(value: Decimal) -> str:
    """Two decimals and a comma: "-12,50". Raises ValueError if that would lose cents.

    Rounding is not done here.
    """
    if value != value.quantize(Decimal("0.01")):
        raise ValueError("an amount with more than two decimals")
    return f"{value:.2f}".replace(".", ",")


def plain(value: Decimal, places: int = 0) -> str:
    """Without exponent and trailing zeros, but with at least `places` decimals: "25,5", "1,452", "57,75"."""
    whole, _, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole},{decimals}" if decimals else whole


def read_decimal(text: str) -> Decimal | None:
    """A number of an answer, with comma or dot; None if it is none."""
    compact = "".join(text.split()).replace(",", ".")
    try:
        value = Decimal(compact)
    except ArithmeticError:
        return None
    return value if value.is_finite() else None
