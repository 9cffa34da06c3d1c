"""The API as a page that a person can read, made from the OpenAPI document; needs no script and no network."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template_string
from flask_smorest import Api

from shared.http.blueprint import public

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ info.title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1.5rem;color:#1c2430}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:2px solid #d6dde6}code{background:#eef2f6;padding:0 .25rem}
details{border:1px solid #d6dde6;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
.m{display:inline-block;width:4.5rem;font-weight:700}.get{color:#1667a5}.post{color:#1b7a3d}.patch,.put{color:#a35b00}
.delete{color:#b3261e}table{border-collapse:collapse;width:100%;font-size:.92em}
td,th{text-align:left;padding:.2rem .5rem;border-bottom:1px solid #e6ebf0;vertical-align:top}.q{color:#5b6775}
</style></head><body>
<h1>{{ info.title }}</h1><p>{{ info.description }}</p>
<p class="q">Machine-readable: <a href="openapi.json">openapi.json</a>. Send <code>Authorization: Bearer …</code>
from <code>POST /api/identity/v1/tokens</code>. Errors are problem documents (RFC 9457).</p>
{% for tag, operations in groups %}<h2>{{ tag }}</h2>
{% for o in operations %}<details><summary><span class="m {{ o.method }}">{{ o.method|upper }}</span>
<code>{{ o.path }}</code> {{ o.summary }}</summary>
<p>{{ o.description }}</p>{% if o.permissions %}<p class="q">Permission: {{ o.permissions|join(' or ') }}</p>{% endif %}
{% if o.inputs %}<table><tr><th>Input</th><th>Where</th><th>Form</th><th>Meaning</th></tr>
{% for i in o.inputs %}<tr><td><code>{{ i.name }}</code>{{ ' *' if i.required }}</td><td>{{ i.where }}</td>
<td>{{ i.form }}</td><td>{{ i.meaning }}</td></tr>{% endfor %}</table>{% endif %}
<p class="q">Answers: {% for status, text in o.answers %}<b>{{ status }}</b> {{ text }}
{{ '; ' if not loop.last }}{% endfor %}</p>
</details>{% endfor %}{% endfor %}</body></html>"""


def docs_blueprint(service: str, api: Api) -> Blueprint:
    """Return the page `docs` beside `openapi.json`, both readable without a token."""
    blueprint = Blueprint(f"{service}-docs", __name__)

    @blueprint.get("/docs")
    @public
    def docs() -> str:
        document = api.spec.to_dict()
        return render_template_string(_PAGE, info=document["info"], groups=_groups(document))

    @blueprint.get("/openapi.json")
    @public
    def openapi() -> Response:
        return jsonify(api.spec.to_dict())

    return blueprint


def _groups(document: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            shared_parameters = methods.get("parameters", [])
            groups.setdefault(operation["tags"][0], []).append(
                {
                    "method": method,
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "permissions": operation.get("x-permissions", []),
                    "inputs": _inputs(document, operation, shared_parameters),
                    "answers": [(s, a.get("description", "")) for s, a in operation["responses"].items()],
                }
            )
    return list(groups.items())


def _inputs(document: dict[str, Any], operation: dict[str, Any], shared: list[Any]) -> list[dict[str, Any]]:
    rows = []
    for parameter in [*shared, *operation.get("parameters", [])]:
        if "name" in parameter:
            rows.append(
                _row(parameter["name"], parameter["in"], parameter.get("required"), parameter.get("schema", {}))
                | ({"meaning": parameter["description"]} if "description" in parameter else {})
            )
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(document, content.get("schema", {}))
        for name, field in schema.get("properties", {}).items():
            rows.append(_row(name, "body", name in schema.get("required", ()), field))
    return rows


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found
    return schema


def _row(name: str, where: str, required: Any, field: dict[str, Any]) -> dict[str, Any]:
    form = str(field.get("type", "object"))
    for key, label in (("format", "{}"), ("maxLength", "≤ {} characters"), ("pattern", "{}"), ("enum", "{}")):
        if key in field:
            form += ", " + label.format(field[key])
    return {
        "name": name,
        "where": where,
        "required": bool(required),
        "form": form,
        "meaning": field.get("description", ""),
    }
