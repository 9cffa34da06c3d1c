"""/attachments: files behind invoices and receipts. Source: procountor sheet 9.

Made by multipart/form-data with the parts `meta` (JSON) and `file`; read as multipart/mixed.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import secrets
from io import BytesIO

from flask import Response
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from ..store import to_json
from . import enums
from .call import Call, page
from .checking import Fields, Problems, check_characters, parse_body, refused
from .company import Company, Json, new_version

MOST_BYTES = 10_000_000
_OWNERS = {"INVOICE": "invoice", "LEDGERRECEIPT": "receipt"}


def create(call: Call) -> Json:
    """POST /attachments: answers the attachment without its file."""
    meta, content = _parts(call)
    company = call.company
    attachment = {
        "id": company.next_id("attachment"),
        "name": meta["name"],
        "referenceType": meta["referenceType"],
        "referenceId": meta["referenceId"],
        "mimeType": mimetypes.guess_type(meta["name"])[0] or "application/octet-stream",
        "sendWithInvoice": bool(meta.get("sendWithInvoice")),
    }
    notes = {
        "content": base64.b64encode(content).decode("ascii"),
        "size": len(content),
        "attached": new_version(call.now)[:19],
    }
    company.save("attachment", attachment, notes)
    _mend_owner(company, attachment)
    return attachment


def get(call: Call) -> Response:
    """GET /attachments/{id}: multipart/mixed of the attachment as JSON and its bytes."""
    attachment = _found(call)
    content = base64.b64decode(call.company.notes[("attachment", attachment["id"])]["content"])
    boundary = secrets.token_hex(16)
    meta = json.dumps(attachment, default=to_json, ensure_ascii=False).encode()
    head = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
    middle = f"\r\n--{boundary}\r\nContent-Type: {attachment['mimeType']}\r\n\r\n".encode()
    body = head + meta + middle + content + f"\r\n--{boundary}--\r\n".encode()
    return Response(body, content_type=f"multipart/mixed;boundary={boundary}")


def search(call: Call) -> Json:
    """GET /attachments by `referenceType` and `referenceId`."""
    kind, owner = call.query.get("referenceType"), call.number("referenceId")
    found = [
        one
        for one in _living(call.company)
        if (not kind or one["referenceType"] == kind) and (owner is None or one["referenceId"] == owner)
    ]
    listing = page(call, found)
    listing["results"] = [_document(call.company, one) for one in listing["results"]]
    return listing


def rename(call: Call) -> Json:
    """PATCH /attachments/{id}: only the name."""
    attachment = _found(call)
    body = call.json()
    problems = Problems()
    fields = Fields(body, "", problems)
    fields.text("name", required=True, min_length=1, max_length=255)
    fields.finish()
    problems.refuse_if_any()
    renamed = {**attachment, "name": body["name"]}
    call.company.save("attachment", renamed)
    _mend_owner(call.company, renamed)
    return renamed


def delete(call: Call) -> None:
    """DELETE /attachments/{id}: 204."""
    attachment = _found(call)
    notes = call.company.notes[("attachment", attachment["id"])]
    call.company.save("attachment", attachment, {**notes, "content": "", "gone": True})
    _mend_owner(call.company, attachment)


def _parts(call: Call) -> tuple[Json, bytes]:
    mimetype, options = parse_options_header(call.headers.get("Content-Type", ""))
    if mimetype != "multipart/form-data":
        raise refused(400, "MALFORMED_REQUEST multipart/form-data is expected")
    parser = FormDataParser(max_form_memory_size=None)
    _, form, files = parser.parse(BytesIO(call.body), mimetype, len(call.body), options)
    given = form.get("meta")
    if given is None and "meta" in files:
        given = files["meta"].read().decode("utf-8", "replace")
    if given is None:
        raise refused(400, "MISSING_VALUE", "meta")
    meta = parse_body(given.encode())
    if "file" not in files:
        raise refused(400, "MISSING_VALUE", "file")
    content = files["file"].read()
    if len(content) > MOST_BYTES:
        raise refused(400, f"TOO_LARGE at most {MOST_BYTES} bytes", "file")
    _check_meta(call.company, meta)
    return meta, content


def _check_meta(company: Company, meta: Json) -> None:
    problems = Problems()
    check_characters(meta, "", problems)
    fields = Fields(meta, "", problems)
    fields.text("name", required=True, min_length=1, max_length=255)
    kind = fields.choice("referenceType", enums.ATTACHMENT_OWNERS, required=True)
    owner = fields.integer("referenceId", required=True)
    if kind and kind not in _OWNERS:
        fields.problem("referenceType", "NOT_SIMULATED the sandbox knows invoices and receipts only")
    elif kind and owner is not None and owner not in company.registers[_OWNERS[kind]]:
        fields.problem("referenceId", "NOT_FOUND")
    fields.boolean("sendWithInvoice")
    fields.ignore("id", "mimeType", "attachmentInvoice")
    fields.finish()
    problems.refuse_if_any()


def _found(call: Call) -> Json:
    attachment = call.company.registers["attachment"].get(call.key())
    if attachment is None or call.company.notes[("attachment", attachment["id"])].get("gone"):
        raise refused(404, "NOT_FOUND")
    return attachment


def _living(company: Company) -> list[Json]:
    every = company.registers["attachment"].values()
    return [one for one in every if not company.notes[("attachment", one["id"])].get("gone")]


def _mend_owner(company: Company, attachment: Json) -> None:
    """The owner lists its attachments; its version stays, as nothing says that it would change."""
    kind = _OWNERS[attachment["referenceType"]]
    owner = company.registers[kind].get(attachment["referenceId"])
    if owner is not None:
        belongs = (attachment["referenceType"], attachment["referenceId"])
        own = [one for one in _living(company) if (one["referenceType"], one["referenceId"]) == belongs]
        company.save(kind, {**owner, "attachments": own})


def _document(company: Company, attachment: Json) -> Json:
    notes = company.notes[("attachment", attachment["id"])]
    return {
        "attachmentId": attachment["id"],
        "name": attachment["name"],
        "size": notes["size"],
        "user": "sandbox",
        "referenceId": attachment["referenceId"],
        "referenceType": attachment["referenceType"],
        "attached": notes["attached"],
    }
