"""The sandbox's own interface under /sandbox: companies, settings, faults, books. Not part of any real system.

| Call | Body | Answer |
|---|---|---|
| GET /sandbox/<which>/companies | | {"companies": [description]} |
| POST /sandbox/<which>/companies | {id?, name?, settings?, credentials?} | 201 description with credentials |
| GET, DELETE /sandbox/<which>/companies/<id> | | description; 204 |
| PATCH /sandbox/<which>/companies/<id>/settings | {setting: value} | description |
| GET, POST, DELETE /sandbox/<which>/companies/<id>/faults | a fault, see `faults.Fault` | {"faults": [...]}; 204 |
| GET /sandbox/<which>/companies/<id>/books | | what an auditor sees |

<which> is netvisor or procountor. Errors: 400, 401, 404, 409 with {"error": text}.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from .companies import AnyCompanies, BadCompany
from .config import BadSettings
from .faults import BadFault, Fault


def admin_blueprint(simulators: Mapping[str, AnyCompanies], admin_key: str | None) -> Blueprint:
    """The routes over all simulators."""
    blueprint = Blueprint("sandbox_admin", __name__, url_prefix="/sandbox")
    _guard(blueprint, admin_key)
    _company_routes(blueprint, simulators)
    _fault_routes(blueprint, simulators)
    return blueprint


def _guard(blueprint: Blueprint, admin_key: str | None) -> None:
    @blueprint.before_request
    def check_key() -> tuple[Response, int] | None:
        given = request.headers.get("X-Sandbox-Key", "")
        if admin_key and not hmac.compare_digest(given.encode(), admin_key.encode()):
            return jsonify(error="X-Sandbox-Key is missing or wrong"), 401
        return None

    @blueprint.errorhandler(BadCompany)
    @blueprint.errorhandler(BadFault)
    @blueprint.errorhandler(BadSettings)
    def refuse(error: ValueError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 409 if str(error).endswith(" exists") else 400

    @blueprint.errorhandler(KeyError)
    def not_found(error: KeyError) -> tuple[Response, int]:
        return jsonify(error=f"not found: {error}"), 404


def _company_routes(blueprint: Blueprint, simulators: Mapping[str, AnyCompanies]) -> None:
    @blueprint.get("/<which>/companies")
    def list_companies(which: str) -> Response:
        simulator = simulators[which]
        return jsonify(companies=[simulator.describe(company_id) for company_id in simulator.ids()])

    @blueprint.post("/<which>/companies")
    def create_company(which: str) -> tuple[Response, int]:
        return jsonify(simulators[which].create(_body())), 201

    @blueprint.get("/<which>/companies/<company_id>")
    def get_company(which: str, company_id: str) -> Response:
        return jsonify(simulators[which].describe(company_id))

    @blueprint.delete("/<which>/companies/<company_id>")
    def delete_company(which: str, company_id: str) -> tuple[str, int]:
        simulators[which].delete(company_id)
        return "", 204

    @blueprint.patch("/<which>/companies/<company_id>/settings")
    def change_settings(which: str, company_id: str) -> Response:
        simulators[which].configure(company_id, _body())
        return jsonify(simulators[which].describe(company_id))

    @blueprint.get("/<which>/companies/<company_id>/books")
    def get_books(which: str, company_id: str) -> Response:
        return jsonify(simulators[which].books(company_id))


def _fault_routes(blueprint: Blueprint, simulators: Mapping[str, AnyCompanies]) -> None:
    @blueprint.get("/<which>/companies/<company_id>/faults")
    def list_faults(which: str, company_id: str) -> Response:
        return jsonify(faults=simulators[which].faults(company_id).to_json())

    @blueprint.post("/<which>/companies/<company_id>/faults")
    def add_fault(which: str, company_id: str) -> tuple[Response, int]:
        plan = simulators[which].faults(company_id)
        plan.add(Fault.from_json(_body()))
        return jsonify(faults=plan.to_json()), 201

    @blueprint.delete("/<which>/companies/<company_id>/faults")
    def clear_faults(which: str, company_id: str) -> tuple[str, int]:
        simulators[which].faults(company_id).clear()
        return "", 204


def _body() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if body is None and not request.get_data():
        return {}
    if not isinstance(body, dict):
        raise BadCompany("the body must be a JSON object")
    return body
