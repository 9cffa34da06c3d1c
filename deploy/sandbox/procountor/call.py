"""What a resource gets to know about the call it answers, and paging of its list answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from werkzeug.datastructures import Headers

from .checking import parse_body, parse_day, refused
from .company import HELSINKI, Company, Json

DEFAULT_SIZE = 50
MOST_SIZE = 200
MOST_IDS = 200


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call. `ids` are the variable parts of the path in order."""

    company: Company
    query: Mapping[str, str]
    headers: Headers
    body: bytes
    now: datetime
    ids: tuple[str, ...] = ()

    def json(self) -> Json:
        """The body as a JSON object. Raises Refused(400)."""
        return parse_body(self.body)

    def key(self, place: int = 0) -> int:
        """A path part that is an id. Raises Refused(404)."""
        text = self.ids[place]
        if not text.isdecimal():
            raise refused(404, "NOT_FOUND")
        return int(text)

    def texts(self, name: str) -> list[str]:
        """A comma-separated query parameter."""
        return [text.strip() for text in self.query.get(name, "").split(",") if text.strip()]

    def day(self, name: str) -> date | None:
        """A date parameter. Raises Refused(400)."""
        text = self.query.get(name)
        if not text:
            return None
        day = parse_day(text[:10])
        if day is None:
            raise refused(400, "INVALID_DATE the form is YYYY-MM-DD", name)
        return day

    def number(self, name: str) -> int | None:
        """An integer parameter. Raises Refused(400)."""
        text = self.query.get(name)
        if not text:
            return None
        if not text.isdecimal():
            raise refused(400, "INVALID_TYPE an integer is expected", name)
        return int(text)

    def flag(self, name: str) -> bool | None:
        """A true/false parameter. Raises Refused(400)."""
        text = self.query.get(name, "").lower()
        if text not in ("", "true", "false"):
            raise refused(400, "INVALID_TYPE true or false is expected", name)
        return None if not text else text == "true"

    def is_between(self, text: str, start: str, end: str) -> bool:
        """Whether a date or timestamp lies within the days of two parameters, both included."""
        day = text[:10]
        first, last = self.day(start), self.day(end)
        return (first is None or day >= first.isoformat()) and (last is None or day <= last.isoformat())

    @property
    def today(self) -> date:
        """The day in Finland."""
        return self.now.astimezone(HELSINKI).date()


def page(call: Call, found: Iterable[Json], *, with_pages: bool = True) -> Json:
    """One page of objects with ids: `previousId`, `orderById` (DESC by default), `page`, `size` (50, at most 200).

    Raises Refused(400) for a size outside 1-200.
    """
    size = call.number("size")
    size = DEFAULT_SIZE if size is None else size
    if not 1 <= size <= MOST_SIZE:
        raise refused(400, f"OUT_OF_RANGE 1-{MOST_SIZE}", "size")
    ascending = call.query.get("orderById", "DESC").upper() == "ASC"
    rows = sorted(found, key=lambda row: int(row["id"]), reverse=not ascending)
    previous = call.number("previousId")
    if previous is not None:
        rows = [row for row in rows if (row["id"] > previous if ascending else row["id"] < previous)]
    place = (call.number("page") or 0) if with_pages else 0
    shown = rows[place * size : (place + 1) * size]
    meta: dict[str, Any] = {"pageNumber": place, "pageSize": size, "resultCount": len(shown), "totalCount": len(rows)}
    return {"results": shown, "meta": meta}


def by_ids(call: Call, register: Mapping[int, Json]) -> Json | list[Json]:
    """One object for one id, a list for several; unknown ones are skipped, none known is 404, over 200 is 400."""
    texts = [text for text in call.ids[0].split(",") if text]
    if len(texts) > MOST_IDS:
        raise refused(400, f"TOO_MANY_VALUES at most {MOST_IDS} ids")
    known: Sequence[Json] = [register[int(text)] for text in texts if text.isdecimal() and int(text) in register]
    if not known:
        raise refused(404, "NOT_FOUND")
    return known[0] if len(texts) == 1 else list(known)


def check_version(body: Mapping[str, Any], current: Json) -> None:
    """Optimistic locking: the body must carry the current version. Raises Refused(400)."""
    version = body.get("version")
    if not version:
        raise refused(400, "MISSING_VALUE", "version")
    if version != current["version"]:
        raise refused(400, "STALE_VERSION the object has changed since it was read", "version")
