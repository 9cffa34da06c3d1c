"""What a resource gets to know about the call it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .company import Company
from .envelope import HELSINKI, INVALID_DATA_SIZE, Refused, invalid
from .reader import Element, Node, parse_date, read_document


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call.

    params     query parameters, names in lower case.
    language   FI, SE or EN.
    base_url   address of the simulator as the client wrote it, for Uri elements.
    """

    company: Company
    params: Mapping[str, str]
    body: bytes
    language: str
    base_url: str
    now: datetime

    @property
    def today(self) -> date:
        """The day in Finland."""
        return self.now.astimezone(HELSINKI).date()

    def document(self, schema: Element) -> Node:
        """The request document, checked. Raises Refused."""
        if len(self.body) > self.company.settings.max_body_bytes:
            raise Refused(INVALID_DATA_SIZE, "The request is too large")
        if not self.body.strip():
            raise invalid("The request has no body")
        return read_document(self.body, schema)

    def param(self, name: str) -> str:
        """A query parameter, "" if absent."""
        return self.params.get(name, "").strip()

    def method(self, *allowed: str) -> str:
        """The `method` parameter in lower case. Raises Refused if it is missing or not allowed."""
        method = self.param("method").lower()
        if method not in allowed:
            raise invalid(f"Parameter method must be one of {', '.join(allowed)}")
        return method

    def key_param(self, name: str) -> int:
        """A query parameter that must be a whole number. Raises Refused."""
        keys = self.keys_param(name, 1)
        if len(keys) != 1:
            raise invalid(f"Parameter {name} is missing")
        return keys[0]

    def keys_param(self, name: str, most: int) -> list[int]:
        """A comma-separated list of at most `most` keys; empty if the parameter is absent. Raises Refused."""
        texts = [text.strip() for text in self.param(name).split(",") if text.strip()]
        if len(texts) > most:
            raise invalid(f"Parameter {name} may hold at most {most} values")
        if not all(text.isdecimal() for text in texts):
            raise invalid(f"Parameter {name} must be a number")
        return [int(text) for text in texts]

    def date_param(self, name: str) -> date | None:
        """A day given as YYYY-MM-DD, a following time is ignored; None if absent. Raises Refused."""
        text = self.param(name)
        if not text:
            return None
        day = parse_date(text[:10])
        if day is None:
            raise invalid(f"Parameter {name} must be a date")
        return day

    def time_param(self, name: str) -> datetime | None:
        """A moment given as YYYY-MM-DD or YYYY-MM-DDThh:mm:ss in Finnish time; None if absent. Raises Refused."""
        text = self.param(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise invalid(f"Parameter {name} must be a date or a time") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)
