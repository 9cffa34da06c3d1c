"""Making texts fit a format: characters that its encoding lacks, and lengths.

Identifiers are never changed here, only names and free texts. What was changed is shown in the text itself (an
ellipsis, further elements) and kept in `Fitter.notices`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.billing.adapters import texts

_LOOK_ALIKES: Final[Mapping[int, str]] = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "−": "-",
        "‘": "'",
        "’": "'",
        "‚": ",",
        "“": '"',
        "”": '"',
        "„": '"',
        "…": "...",
        "•": "-",
        "½": "1/2",
        "¼": "1/4",
        "¾": "3/4",
        "™": "(TM)",
        "\u2009": " ",
        "\u202f": " ",
        "\u2007": " ",
        "\u200b": "",
        "\ufeff": "",
    }
)
"""What people type most that ISO-8859-15 lacks, and what looks like it there."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A text was changed.

    field   JSON pointer into our document, or a word for what is not in it.
    change  "cut" or "lost" (characters, of which nothing like them was left): the reader misses something; "split" or
            "replaced": all is there; "left_out": files that the format has no place for.
    """

    field: str
    change: str


@dataclass(slots=True)
class Fitter:
    """Fits the texts of one file. `encoding` as in Python: "iso-8859-15" or "utf-8"."""

    encoding: str
    notices: list[Notice] = field(default_factory=list)

    @property
    def _ellipsis(self) -> str:
        return "…" if self.encoding == "utf-8" else "..."

    def text(self, value: str, place: str) -> str:
        """The cleaned text, in characters that the encoding has; several lines stay several lines."""
        cleaned = texts.clean(value).replace("\t", " ")
        if self._has(cleaned):
            return cleaned
        self._note(place, "replaced")
        return "".join(self._character(each, place) for each in cleaned)

    def one(self, value: str, limit: int, place: str) -> str:
        """One line of at most `limit` characters; a cut is shown by an ellipsis."""
        return self._shortened(value, limit, place, "cut")

    def beginning(self, value: str, limit: int, place: str) -> str:
        """As `one`, for a text of which the whole stands elsewhere in the file: nothing is lost by cutting it here."""
        return self._shortened(value, limit, place, "split")

    def several(self, value: str, limit: int, count: int, place: str) -> list[str]:
        """At most `count` lines of `limit` characters, broken between words where there are any; the last may be cut.

        No line is shorter than two characters, since a street or a name in Finvoice must have two.
        """
        rest = " ".join(self.text(value, place).split())
        if len(rest) <= limit:
            return [rest] if rest else []
        lines: list[str] = []
        while rest and len(lines) < count - 1 and len(rest) > limit:
            at = _break(rest, limit)
            lines.append(rest[:at].rstrip())
            rest = rest[at:].lstrip()
        self._note(place, "split")
        lines.append(self.one(rest, limit, place))
        return [line for line in lines if line]

    def chunks(self, value: str, limit: int, place: str) -> list[str]:
        """The whole text, in as many elements of at most `limit` characters as it takes; line breaks are kept."""
        rest = self.text(value, place)
        parts: list[str] = []
        while len(rest) > limit:
            found = [match.start() for match in re.finditer(r"\s", rest[: limit + 1])]
            at = found[-1] if found and found[-1] > 0 else limit
            parts.append(rest[:at].rstrip())
            rest = rest[at:].lstrip()
        if parts:
            self._note(place, "split")
        return [part for part in [*parts, rest] if part]

    def _shortened(self, value: str, limit: int, place: str, change: str) -> str:
        line = " ".join(self.text(value, place).split("\n"))
        if len(line) <= limit:
            return line
        self._note(place, change)
        return line[: limit - len(self._ellipsis)].rstrip() + self._ellipsis

    def _character(self, character: str, place: str) -> str:
        if self._has(character):
            return character
        for candidate in (character.translate(_LOOK_ALIKES), _without_accents(character)):
            if candidate != character and all(self._has(each) for each in candidate):
                return candidate
        self._note(place, "lost")
        return "?"

    def _has(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _note(self, place: str, change: str) -> None:
        notice = Notice(place, change)
        if notice not in self.notices:
            self.notices.append(notice)


def _break(text: str, limit: int) -> int:
    """Where to break a text that is longer than `limit`: at the last blank that leaves two characters on each side."""
    blanks = (at for at in range(min(limit, len(text) - 3), 1, -1) if text[at] == " ")
    return next(blanks, min(limit, len(text) - 2))


def _without_accents(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(each for each in decomposed if not unicodedata.combining(each)) or character
