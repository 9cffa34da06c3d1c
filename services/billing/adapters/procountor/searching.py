"""Searches in Procountor, page by page. Source: procountor interface sheet §4."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.billing.adapters.faults import Fault, Unreadable
from services.billing.adapters.procountor.client import ProcountorClient

_PAGE_SIZE = 200
_MAX_PAGES = 100


def pages(client: ProcountorClient, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """All rows of a search.

    Pages are asked for by number, and for products by the last id of the page before. Raises Fault.
    """
    seen: set[int] = set()
    asked = {**parameters, "size": str(_PAGE_SIZE)}
    for page in range(_MAX_PAGES):
        if path != "products":
            asked["page"] = str(page)
        reply = client.get(path, asked)
        rows = results(reply)
        fresh = [row for row in rows if row["id"] not in seen]
        yield from fresh
        if not fresh or len(rows) < _page_size(reply):
            return
        seen.update(row["id"] for row in fresh)
        if path == "products":
            asked["previousId"] = str(rows[-1]["id"])
    raise Fault("the search in Procountor gave more results than can be gone through")


def results(reply: Any) -> list[dict[str, Any]]:
    """The rows of a search answer; `products` is what older versions call the list of products (sheet §4)."""
    rows = reply.get("results", reply.get("products")) if isinstance(reply, dict) else None
    if not isinstance(rows, list) or not all(isinstance(r, dict) and isinstance(r.get("id"), int) for r in rows):
        raise Unreadable("the answer to the search is not in Procountor's form")
    return rows


def _page_size(reply: Mapping[str, Any]) -> int:
    """How many rows a full page of this answer has: the server may allow fewer than we asked for."""
    meta = reply.get("meta")
    size = meta.get("pageSize") if isinstance(meta, dict) else None
    return min(size, _PAGE_SIZE) if isinstance(size, int) and size > 0 else _PAGE_SIZE
