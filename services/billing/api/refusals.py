"""Refusals with their reason in the caller's language, as dispatches tell theirs."""

from dataclasses import asdict

from flask import Response

from services.billing.api.telling import wanted_language
from services.billing.domain import reasons
from services.billing.domain.errors import reason_of
from shared.errors import UrakkaError
from shared.http import Blueprint
from shared.http.problems import answer_to


def explained(*blueprints: Blueprint) -> list[Blueprint]:
    """Let every refusal of these endpoints carry an `explanation`, with the fields of `ExplanationOut`."""
    for blueprint in blueprints:
        blueprint.register_error_handler(UrakkaError, _explain)
    return list(blueprints)


def _explain(error: UrakkaError) -> Response:
    explanation = reasons.explain(reason_of(error), wanted_language())
    error.facts = {name: fact for name, fact in error.facts.items() if name != "reason"}
    return answer_to(error, explanation=asdict(explanation))
