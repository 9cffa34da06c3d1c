"""Reads request documents: well-formed, within the schema's order, lengths and enumerations; nothing unknown.

The element tables are in `schema`; this module knows only how to check a document against such a table.
Element and attribute names are compared without regard to case (sheet 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from lxml import etree

from ..amounts import parse_decimal
from .envelope import Refused, invalid_xml

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_WEEK = re.compile(r"\d{4}-W\d{1,2}")
_PARSER_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": True,
}


class Kind(Enum):
    """What the text of an element must look like."""

    TEXT = "text"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    DATE_OR_WEEK = "date or week"
    BOOLEAN = "0 or 1"
    CHOICE = "choice"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Element:
    """One line of a schema table.

    name          lower case.
    required      must be present; its text must not be empty either unless `may_be_empty`.
    many          may be repeated.
    anywhere      sources disagree about its place, so it may stand anywhere among its siblings.
    choices       allowed texts, lower case (Kind.CHOICE).
    attributes    allowed values of the attributes that matter, lower case; others are ignored.
    needs         attributes that must be present.
    children      in document order (Kind.GROUP).
    one_child     a group that holds exactly one of its children.
    places        name -> place among the children, made from them.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    many: bool = False
    anywhere: bool = False
    may_be_empty: bool = True
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    children: tuple[Element, ...] = ()
    one_child: bool = False
    places: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {child.name: place for place, child in enumerate(self.children)}
        object.__setattr__(self, "places", places)  # the class is frozen


@dataclass(slots=True)
class Node:
    """A checked element: lower-case name, stripped text, lower-case attribute names, children in order."""

    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def first(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((node for node in self.children if node.name == name), None)

    def every(self, name: str) -> Iterator[Node]:
        """All children of that name."""
        return (node for node in self.children if node.name == name)

    def value(self, name: str) -> str:
        """The text of the first child of that name, "" if there is none."""
        node = self.first(name)
        return node.text if node else ""

    def attribute(self, name: str, default: str = "") -> str:
        """An attribute's value in lower case."""
        return self.attributes.get(name, default).strip().lower()

    def to_json(self) -> list[Any]:
        """A compact JSON form; `from_json` reads it back."""
        return [self.name, self.text, self.attributes, [node.to_json() for node in self.children]]

    @classmethod
    def from_json(cls, value: list[Any]) -> Node:
        """The node written by `to_json`."""
        name, text, attributes, children = value
        return cls(name, text, dict(attributes), [cls.from_json(node) for node in children])


def read_document(body: bytes, schema: Element) -> Node:
    """Parse `<root>` with one child described by `schema` and return that child, checked.

    The body must begin with the root element, no XML declaration (sheet 1). UTF-8; what is not UTF-8 is read
    as ISO 8859-15, the charset of older documentation.
    Raises Refused(INVALID_DATA) at the first thing that is wrong.
    """
    root = _parse(body)
    if _name(root) != "root":
        raise invalid_xml(f"the document must begin with the element root, not {_name(root)}")
    documents = list(root)
    if len(documents) != 1 or _name(documents[0]) != schema.name:
        raise invalid_xml(f"root must hold exactly one element {schema.name}")
    return check(documents[0], schema)


def check(element: etree._Element, schema: Element) -> Node:
    """The element as a Node, or Refused(INVALID_DATA)."""
    node = Node(
        schema.name,
        (element.text or "").strip(),
        {str(name).lower(): str(value) for name, value in element.items()},
    )
    _check_attributes(node, schema)
    if schema.kind is Kind.GROUP:
        _check_children(element, node, schema)
    else:
        if len(element):
            raise invalid_xml(f"element {schema.name} must not hold other elements")
        _check_text(node, schema)
    return node


def parse_date(text: str) -> date | None:
    """YYYY-MM-DD, also without leading zeros as some clients send it; None if it is no date."""
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def _parse(body: bytes) -> etree._Element:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("iso-8859-15")
    text = text.strip()
    if not text.startswith("<") or text.startswith("<?") or text.startswith("<!"):
        raise invalid_xml("the body must begin with the root element")
    try:
        return etree.fromstring(text.encode("utf-8"), etree.XMLParser(encoding="utf-8", **_PARSER_OPTIONS))
    except etree.XMLSyntaxError as error:
        raise invalid_xml(f"not well-formed: {error.msg}") from error


def _name(element: etree._Element) -> str:
    return str(element.tag).lower()


def _check_children(element: etree._Element, node: Node, schema: Element) -> None:
    if node.text:
        raise invalid_xml(f"element {schema.name} must not hold text")
    places = schema.places
    reached = -1
    counts: dict[str, int] = {}
    for part in element:
        name = _name(part)
        if name not in places:
            raise invalid_xml(f"element {name} is not known in {schema.name}")
        description = schema.children[places[name]]
        if not description.anywhere:
            if places[name] < reached:
                before = schema.children[reached].name
                raise invalid_xml(f"element {name} is misplaced in {schema.name}, it belongs before {before}")
            reached = places[name]
        counts[name] = counts.get(name, 0) + 1
        if counts[name] > 1 and not description.many:
            raise invalid_xml(f"element {name} is repeated in {schema.name}")
        node.children.append(check(part, description))
    for child in schema.children:
        if child.required and child.name not in counts:
            raise invalid_xml(f"element {child.name} is missing from {schema.name}")
    if not node.children:
        raise invalid_xml(f"element {schema.name} must not be empty")
    if schema.one_child and len(node.children) != 1:
        raise invalid_xml(f"element {schema.name} must hold exactly one element")


def _check_attributes(node: Node, schema: Element) -> None:
    for name in schema.needs:
        if name not in node.attributes:
            raise invalid_xml(f"attribute {name} is missing from {schema.name}")
    for name, allowed in schema.attributes.items():
        if name in node.attributes and allowed and node.attribute(name) not in allowed:
            raise invalid_xml(f"attribute {name} of {schema.name} must be one of {', '.join(allowed)}")


def _check_text(node: Node, schema: Element) -> None:
    text = node.text
    if schema.max_length is not None and len(text) > schema.max_length:
        raise invalid_xml(f"element {schema.name} is longer than {schema.max_length} characters")
    if not text:
        if not schema.may_be_empty:
            raise invalid_xml(f"element {schema.name} must not be empty")
        return
    problem = _problem(text, schema)
    if problem:
        raise invalid_xml(f"element {schema.name} {problem}")


def _problem(text: str, schema: Element) -> str | None:
    match schema.kind:
        case Kind.DECIMAL if parse_decimal(text) is None:
            return "is not a decimal number"
        case Kind.INTEGER if not re.fullmatch(r"-?\d{1,18}", text):
            return "is not a whole number"
        case Kind.DATE if parse_date(text) is None:
            return "is not a date of the form YYYY-MM-DD"
        case Kind.DATE_OR_WEEK if parse_date(text) is None and not _WEEK.fullmatch(text):
            return "is neither a date nor a week"
        case Kind.BOOLEAN if text.lower() not in ("0", "1"):
            return "must be 0 or 1"
        case Kind.CHOICE if text.lower() not in schema.choices:
            return f"must be one of {', '.join(schema.choices)}"
    return None


__all__ = ["Element", "Kind", "Node", "Refused", "check", "parse_date", "read_document"]
