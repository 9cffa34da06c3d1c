"""Dispatches as answers tell them: with their reason in the caller's language."""

from collections.abc import Sequence
from typing import Any

from flask import request

from services.billing.app import explaining
from services.billing.app.waiting import Wait, waits_of
from services.billing.domain import reasons
from services.billing.domain.preflight import Problem
from services.billing.domain.reasons import LANGUAGES
from services.billing.models import Dispatch
from shared.clock import utc_now
from shared.http import read

_FIELDS = (
    "id", "version", "document_id", "connection_id", "target", "state", "due_at", "attempts", "needs_person",
    "follow_up", "target_id", "target_number", "difference", "error_code", "error_detail", "error_pointer",
    "unclear_since", "finished_at", "correlation_id", "created_at", "changed_at",
)  # fmt: skip


def wanted_language(query: dict[str, Any] | None = None) -> str:
    """The language of reasons: the query's `lang`, else the best of Accept-Language, else Finnish."""
    asked = (query or {}).get("lang") or request.args.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    # Not `best_match`: that one prefers an exact "fi;q=0.5" to the "en" of "en-GB".
    accepted = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    return next((language for language in accepted if language in LANGUAGES), LANGUAGES[0])


def told(dispatch: Dispatch, language: str) -> dict[str, Any]:
    """The fields of `DispatchOut`."""
    return told_all([dispatch], language)[0]


def told_all(dispatches: Sequence[Dispatch], language: str) -> list[dict[str, Any]]:
    """The fields of `DispatchOut` of each."""
    waits = waits_of(read(), dispatches, utc_now())
    return [
        {
            **{name: getattr(dispatch, name) for name in _FIELDS},
            "explanation": explaining.explanation_of(dispatch, language),
            "waits_for": _told_wait(waits.get(dispatch.id), language),
        }
        for dispatch in dispatches
    ]


def _told_wait(wait: Wait | None, language: str) -> dict[str, Any] | None:
    if wait is None:
        return None
    explanation = reasons.explain(wait.code, language)
    fields = {name: getattr(explanation, name) for name in ("code", "text", "owner", "field", "line")}
    return {**fields, "until": wait.until, "detail": wait.detail}


def told_problem(problem: Problem, language: str) -> dict[str, Any]:
    """The fields of `ProblemFieldOut`."""
    fields = {name: getattr(problem, name) for name in ("pointer", "code", "detail", "severity")}
    return {**fields, "explanation": reasons.explain(problem.code, language, problem.pointer)}
