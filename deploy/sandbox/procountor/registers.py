"""/businesspartners and /products. Source: procountor sheet 7."""

from __future__ import annotations

from collections.abc import Iterator

from .call import Call, by_ids, check_version, page
from .checking import refused
from .company import Json, new_version
from .register_rules import check_partner, check_product

PARTNER_LISTED = ("id", "name", "type", "address", "invoicingInfo", "registryInfo", "version")


def create_partner(call: Call) -> Json:
    """POST /businesspartners: answers the whole object."""
    body = call.json()
    check_partner(body)
    partner = _stripped(body) | {"id": call.company.next_id("partner"), "version": new_version(call.now)}
    partner["registryInfo"] = {"active": True, **(partner.get("registryInfo") or {})}
    call.company.save("partner", partner)
    return partner


def get_partner(call: Call) -> Json | list[Json]:
    """GET /businesspartners/{ids}."""
    return by_ids(call, call.company.registers["partner"])


def replace_partner(call: Call) -> Json:
    """PUT /businesspartners/{id}: replaces everything; needs the current version."""
    known = _found(call, "partner")
    body = call.json()
    check_version(body, known)
    return _save_partner(call, known, body)


def patch_partner(call: Call) -> Json:
    """PATCH /businesspartners/{id}: merges; version in the body or the query; leaves billing and delivery alone."""
    known = _found(call, "partner")
    body = call.json()
    check_version({"version": body.get("version") or call.query.get("version")}, known)
    patch = {name: value for name, value in body.items() if name not in ("billingAddress", "deliveryAddress")}
    return _save_partner(call, known, _merged(known, patch))


def search_partners(call: Call) -> Json:
    """GET /businesspartners: `name` (substring) and `identifier` are HTTP headers; active ones by default."""
    return page(call, (_listed(one) for one in _partners(call)))


def create_product(call: Call) -> Json:
    """POST /products: answers the whole object."""
    body = call.json()
    _check_product(call, body)
    product = _stripped(body) | {"id": call.company.next_id("product"), "version": new_version(call.now)}
    call.company.save("product", product)
    return product


def get_product(call: Call) -> Json | list[Json]:
    """GET /products/{ids}."""
    company = call.company
    register = company.registers["product"]
    alive = {key: one for key, one in register.items() if not company.notes.get(("product", key), {}).get("gone")}
    return by_ids(call, alive)


def replace_product(call: Call) -> Json:
    """PUT /products/{id}: needs the current version."""
    known = _found(call, "product")
    body = call.json()
    check_version(body, known)
    _check_product(call, body)
    product = _stripped(body) | {"id": known["id"], "version": new_version(call.now, known["version"])}
    call.company.save("product", product)
    return product


def delete_product(call: Call) -> None:
    """DELETE /products/{id}: 204; one that stands on invoices is only made inactive."""
    known = _found(call, "product")
    rows = (row for one in call.company.registers["invoice"].values() for row in one["invoiceRows"])
    if any(row.get("productId") == known["id"] for row in rows):
        raise refused(403, "PRODUCT_IN_USE make it inactive instead")
    call.company.save("product", known, {"gone": True})


def search_products(call: Call) -> Json:
    """GET /products: name and code by substring; TRAVEL only when asked for; whole objects; no `page`."""
    kind, active = call.query.get("type"), call.flag("active")
    name, code = call.query.get("name", "").lower(), call.query.get("code", "").lower()
    found = [
        one
        for one in call.company.registers["product"].values()
        if not call.company.notes.get(("product", one["id"]), {}).get("gone")
        and (one["type"] == kind if kind else one["type"] != "TRAVEL")
        and (active is None or one["active"] == active)
        and name in one["name"].lower()
        and code in (one.get("code") or "").lower()
        and call.is_between(one["version"], "versionStartDate", "versionEndDate")
    ]
    return page(call, found, with_pages=False)


def _save_partner(call: Call, known: Json, body: Json) -> Json:
    check_partner(body)
    partner = _stripped(body) | {"id": known["id"], "version": new_version(call.now, known["version"])}
    partner["registryInfo"] = {"active": True, **(partner.get("registryInfo") or {})}
    call.company.save("partner", partner)
    return partner


def _partners(call: Call) -> Iterator[Json]:
    name, identifier = call.headers.get("name", "").lower(), call.headers.get("identifier", "")
    kind, active = call.query.get("type"), call.flag("active")
    number, identifier_type = call.query.get("customerNumber"), call.query.get("identifierType")
    for partner in call.company.registers["partner"].values():
        info = partner.get("invoicingInfo") or {}
        if (
            (name and name not in partner["name"].lower())
            or (identifier and info.get("identifier") != identifier)
            or (number and info.get("customerNumber") != number)
            or (identifier_type and info.get("identifierType") != identifier_type)
            or (kind and partner["type"] != kind)
            or partner["registryInfo"]["active"] != (True if active is None else active)
            or not call.is_between(partner["version"], "versionStartDate", "versionEndDate")
        ):
            continue
        yield partner


def _listed(partner: Json) -> Json:
    return {name: partner[name] for name in PARTNER_LISTED if name in partner}


def _found(call: Call, kind: str) -> Json:
    known = call.company.registers[kind].get(call.key())
    if known is None or call.company.notes.get((kind, known["id"]), {}).get("gone"):
        raise refused(404, "NOT_FOUND")
    return known


def _check_product(call: Call, body: Json) -> None:
    check_product(body, call.company.settings.vat_percentages, call.company.settings.vat_statuses)


def _stripped(body: Json) -> Json:
    return {name: value for name, value in body.items() if value is not None}


def _merged(known: Json, patch: Json) -> Json:
    merged = dict(known)
    for name, value in patch.items():
        old = merged.get(name)
        merged[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
