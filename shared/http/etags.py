"""Versions over HTTP: ETag out, If-Match in."""

from __future__ import annotations

import re
from typing import TypeVar

from flask import after_this_request, request
from flask.typing import ResponseReturnValue

from shared.db.lookup import HasVersion
from shared.errors import Malformed, PreconditionRequired

V = TypeVar("V", bound=HasVersion)

_FORM = re.compile(r'^(?:W/)?"([0-9]{1,9})"$')


def with_etag(record: V) -> V:
    """Let the answer carry the record's version as a strong ETag; returns the record."""
    tag = f'"{record.version}"'

    @after_this_request
    def set_etag(response: ResponseReturnValue) -> ResponseReturnValue:
        response.headers["ETag"] = tag  # type: ignore[union-attr]  # Flask hands a Response to these functions
        return response

    return record


def expected_version(*, required: bool = False) -> int | None:
    """Return the version named in If-Match; None if there is none or it is `*`.

    Raises PreconditionRequired if `required` and absent, Malformed if it is not an ETag of ours.
    """
    text = request.headers.get("If-Match", "").strip()
    if not text:
        if required:
            raise PreconditionRequired()
        return None
    if text == "*":
        return None
    match = _FORM.match(text)
    if match is None:
        raise Malformed('If-Match must be one ETag as this API gives it, such as "3".')
    return int(match[1])
