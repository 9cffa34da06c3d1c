"""/dimensions: what postings are divided by. Source: procountor sheet 8."""

from __future__ import annotations

from .call import Call
from .checking import Fields, Problems, check_characters, refused
from .company import Company, Json

INACTIVE = "P"
FIRST_DIMENSION = "Kustannuspaikka"
FIRST_ITEMS = ("100", "200", "300")


def seed(company: Company) -> None:
    """Give a new company one dimension, cost centres, with three items."""
    dimension = {"id": company.next_id("dimension"), "name": FIRST_DIMENSION, "items": []}
    dimension["items"] = [
        {"id": company.next_id("item"), "codeName": code, "description": f"{FIRST_DIMENSION} {code}"}
        for code in FIRST_ITEMS
    ]
    company.save("dimension", dimension)


def item_of(company: Company, dimension_id: int, item_id: int) -> Json | None:
    """An active item of a dimension, None if there is none."""
    dimension = company.registers["dimension"].get(dimension_id, {"items": []})
    found = (item for item in dimension["items"] if item["id"] == item_id and item.get("status") != INACTIVE)
    return next(found, None)


def list_all(call: Call) -> list[Json]:
    """GET /dimensions: a bare list."""
    return list(call.company.registers["dimension"].values())


def get(call: Call) -> Json:
    """GET /dimensions/{id}."""
    return _found(call)


def create(call: Call) -> Json:
    """POST /dimensions: a name; items follow one by one."""
    body = call.json()
    problems = Problems()
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    fields.text("name", required=True, min_length=1, max_length=80)
    fields.ignore("id", "items")
    fields.finish()
    problems.refuse_if_any()
    dimension = {"id": call.company.next_id("dimension"), "name": body["name"], "items": []}
    call.company.save("dimension", dimension)
    return dimension


def create_item(call: Call) -> Json:
    """POST /dimensions/{id}/items: answers the item."""
    dimension = _found(call)
    item = {"id": call.company.next_id("item"), **_item(call.json())}
    call.company.save("dimension", {**dimension, "items": [*dimension["items"], item]})
    return item


def change_item(call: Call) -> Json:
    """PUT /dimensions/{id}/items: the item is named by `id` in the body."""
    dimension = _found(call)
    body = call.json()
    if not any(item["id"] == body.get("id") for item in dimension["items"]):
        raise refused(404, "DIMENSION_ITEM_NOT_FOUND")
    changed = {"id": body["id"], **_item(body)}
    items = [changed if item["id"] == changed["id"] else item for item in dimension["items"]]
    call.company.save("dimension", {**dimension, "items": items})
    return changed


def _found(call: Call) -> Json:
    dimension = call.company.registers["dimension"].get(call.key())
    if dimension is None:
        raise refused(404, "NOT_FOUND")
    return dimension


def _item(body: Json) -> Json:
    problems = Problems()
    check_characters(body, "", problems)
    fields = Fields(body, "", problems)
    fields.text("codeName", required=True, min_length=1, max_length=80)
    fields.text("description", max_length=255)
    fields.choice("status", frozenset((INACTIVE, "")))
    fields.ignore("id")
    fields.finish()
    problems.refuse_if_any()
    return {name: body[name] for name in ("codeName", "description", "status") if body.get(name)}
