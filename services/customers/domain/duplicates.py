"""When two customers may be one and the same: by business ID, e-invoice address, or name and postal code."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FORMS: Final = frozenset(
    ["oy", "ab", "oyj", "abp", "ky", "kb", "ay", "tmi", "osk", "ry", "rf", "sr", "koy", "as", "asunto", "kiinteisto"]
)
"""Company forms and their beginnings, folded: `Malli Oy` and `Oy Malli Ab` have one name."""


def normalised_name(name: str) -> str:
    """Return the words of a name without case, accents, punctuation and company forms; all of them if none is left."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    found = re.findall(r"[^\W_]+", plain)
    return " ".join(word for word in found if word not in _FORMS) or " ".join(found)


def duplicate_key(name: str, postal_code: str | None) -> str:
    """Return the key that customers who may be the same share; at most 300 characters."""
    return f"{postal_code or ''}|{normalised_name(name)}"[:300]
