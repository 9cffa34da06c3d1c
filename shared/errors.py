"""The few kinds of error that cross layers.

Domain and use cases raise them, `shared.http.problems` maps each kind to one HTTP status, an event handler that
raises one is parked (`shared.bus.inbox`). Services subclass them to give a stable `code` and a text that a person
who does not program understands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field.

    pointer  JSON pointer into what the caller sent, e.g. `/rows/3/quantity`; "" is the whole (RFC 6901).
    code     stable, for programs; `detail` is for people.
    """

    pointer: str
    code: str
    detail: str


class UrakkaError(Exception):
    """Base of every error that the caller is meant to see.

    `detail` says what is wrong with this call; `errors` names all wrong fields at once; `facts` are small values
    (never secrets or personal data) that go into the answer beside them.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(self, detail: str = "", *, errors: Iterable[FieldError] = (), **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.facts = facts


class Malformed(UrakkaError):
    """The form is wrong: not JSON, a missing field, a wrong type (400)."""

    code = "malformed"
    title = "The request is not well formed"


class NotAuthenticated(UrakkaError):
    """No token, or one that is expired, forged or revoked (401)."""

    code = "not_authenticated"
    title = "Log in first"


class Forbidden(UrakkaError):
    """The caller is known but lacks the permission (403)."""

    code = "forbidden"
    title = "You have no permission for this"


class OutsideScope(Forbidden):
    """The caller is limited to some sites, and this is not only about those (403)."""

    code = "outside_scope"
    title = "This is outside the sites that you are limited to"


class NotFound(UrakkaError):
    """It does not exist, or belongs to another tenant: the caller cannot tell which (404)."""

    code = "not_found"
    title = "Not found"


class Conflict(UrakkaError):
    """The state of the record, or another record, does not allow it (409)."""

    code = "conflict"
    title = "The present state does not allow this"


class VersionMismatch(UrakkaError):
    """Somebody changed the record after the caller read it (412)."""

    code = "version_mismatch"
    title = "The record was changed meanwhile"


class TooLarge(UrakkaError):
    """More than a stated limit (413)."""

    code = "too_large"
    title = "Too large"


class RuleBroken(UrakkaError):
    """Well formed, but against a rule of the business (422)."""

    code = "rule_broken"
    title = "A rule does not allow this"


class PreconditionRequired(UrakkaError):
    """The call must say which version it changes (428)."""

    code = "precondition_required"
    title = "Send If-Match with the version you read"


class TooManyRequests(UrakkaError):
    """The caller must slow down (429). `retry_after_s` is in whole seconds."""

    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_s: int = 30, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.retry_after_s = retry_after_s


class TemporarilyUnavailable(UrakkaError):
    """Something needed is down; the same call may pass later (503). `retry_after_s` is in whole seconds."""

    code = "temporarily_unavailable"
    title = "Temporarily unavailable"

    def __init__(self, detail: str = "", *, retry_after_s: int = 5, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.retry_after_s = retry_after_s
