"""Files of documents over HTTP."""

import io
from typing import Any

from flask import Response, request, send_file
from flask_smorest.fields import Upload
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from services.billing.app import attachments as use_cases
from services.billing.domain import attachments as rules
from services.billing.models import DocumentAttachment
from shared.clock import utc_now
from shared.http import Blueprint, IdString, Schema, begin, read, requires

blp = Blueprint(
    "attachments", __name__, url_prefix="/documents", description="Files that go with a document", for_whole_tenant=True
)

_ENVELOPE = 64 * 1024
"""Room for the parts of a form around its file, in bytes."""


@blp.before_request
def _allow_files() -> None:
    request.max_content_length = rules.LARGEST + _ENVELOPE


class AttachmentIn(Schema):
    """A file."""

    file = Upload(required=True, metadata={"description": "PDF, JPEG or PNG, at most 5 MiB; 10 files of 10 MiB in all"})


class AttachmentOut(Schema):
    """A file that goes with a document, without its content."""

    id = IdString(required=True)
    name = fields.String(required=True, metadata={"description": "As the buyer sees it; made safe from the given one"})
    media_type = fields.String(
        required=True,
        validate=validate.OneOf((rules.PDF, rules.JPEG, rules.PNG)),
        metadata={"description": "As found in the content"},
    )
    size = fields.Integer(required=True, metadata={"description": "Bytes"})
    sha256 = fields.String(required=True)
    added_by = fields.String(required=True)
    added_at = fields.AwareDateTime(required=True)


class AttachmentsOut(Schema):
    """All files of a document, in the order in which they were added."""

    items = fields.List(fields.Nested(AttachmentOut), required=True)


@blp.get("/<document_id>/attachments")
@requires("billing.read")
@blp.response(200, AttachmentsOut)
def list_attachments(document_id: str) -> dict[str, Any]:
    """List the files of a document"""
    return {"items": use_cases.list_attachments(read(), document_id)}


@blp.post("/<document_id>/attachments")
@requires("billing.write")
@blp.arguments(AttachmentIn, location="files")
@blp.response(201, AttachmentOut)
def add_attachment(files: dict[str, FileStorage], document_id: str) -> DocumentAttachment:
    """Add a file to a document that is not accepted yet

    It goes along when the document is sent the next time. The same file under the same name again changes nothing.
    """
    file = files["file"]
    return use_cases.add_attachment(begin(), document_id, file.filename or "", file.read(), now=utc_now())


@blp.get("/<document_id>/attachments/<attachment_id>")
@requires("billing.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def download_attachment(document_id: str, attachment_id: str) -> Response:
    """Download a file"""
    found = use_cases.get_attachment(read(), document_id, attachment_id)
    stream = io.BytesIO(found.content)
    return send_file(stream, mimetype=found.media_type, as_attachment=True, download_name=found.name, max_age=0)


@blp.delete("/<document_id>/attachments/<attachment_id>")
@requires("billing.write")
@blp.response(204)
def remove_attachment(document_id: str, attachment_id: str) -> None:
    """Take a file away from a document that is not accepted yet"""
    use_cases.remove_attachment(begin(), document_id, attachment_id, now=utc_now())
