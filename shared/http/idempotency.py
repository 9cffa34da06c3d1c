"""Creation that may be repeated: by the client's own id or by an Idempotency-Key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import request

from shared.db.database import Creation
from shared.errors import Malformed
from shared.ids import new_id

HEADER = "Idempotency-Key"
_LONGEST_KEY = 190


def creation_request(scope: str, body: Mapping[str, Any]) -> Creation:
    """Describe the creation that this request asks for.

    scope  what is created, e.g. `workorder`
    body   the parsed request; its `id`, if any, becomes the record's id

    The key is the Idempotency-Key header, else the client's id; with neither the creation cannot be recognised when
    it is repeated. Raises Malformed for a header that is too long or not printable ASCII.
    """
    header = request.headers.get(HEADER, "").strip()
    if len(header) > _LONGEST_KEY or not (header.isascii() and header.isprintable()):
        raise Malformed(f"{HEADER} must be at most {_LONGEST_KEY} printable ASCII characters.")
    own_id = body.get("id")
    key = header or (f"id:{own_id}" if own_id else None)
    return Creation(scope=scope, key=key, body_hash=content_hash(body), id=own_id or new_id())


def content_hash(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the content in canonical form: sorted keys, no blanks, values as text."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
