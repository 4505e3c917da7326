"""The OpenAPI description, from the same structs that the API sends and reads. Nothing is fetched to show it.

Rules. Whoever makes an address names the types alone; what they look like is worked out once a process, and of them
all at once for the description itself.
"""

from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from ironkeep.faces.api.problems import Problem
from ironkeep.faces.console.cookies import SESSION

MARK: dict[str, Any] = {
    "name": "X-CSRF",
    "in": "header",
    "required": False,
    "description": "the log-in's mark from /api/v1/session; a program with a token needs none",
    "schema": {"type": "string"},
}
SECURITY: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer", "description": "a program's token, within its scopes"},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION, "description": "a person's log-in"},
}
REFERENCE = "#/components/schemas/{name}"
_TOLD: dict[Any, dict[str, Any]] = {}  # the types that addresses named, each with its schema


def told(answer: Any, summary: str, body: Any = None) -> dict[str, Any]:
    """What FastAPI should say of an address: its summary, what it answers (None: any JSON), what it reads."""
    said: dict[str, Any] = {"summary": summary}
    schema: dict[str, Any] = {}
    if answer is not None:
        schema = _schema(answer)
    trouble = {"content": {"application/problem+json": {"schema": _schema(Problem)}}, "description": "a problem"}
    said["responses"] = {
        "200": {"description": "as asked", "content": {"application/json": {"schema": schema}}},
        "default": trouble,
    }
    if body is not None:
        needed = any(field.required for field in msgspec.structs.fields(body))
        said["requestBody"] = {"required": needed, "content": {"application/json": {"schema": _schema(body)}}}
        said["parameters"] = [MARK]
        said["responses"]["202"] = said["responses"]["200"] | {"description": "it waits for a second person"}
        said["responses"]["409"] = {
            "description": "the desk refused",
            "content": said["responses"]["200"]["content"] | trouble["content"],
        }
    return said


def text(media_type: str, summary: str) -> dict[str, Any]:
    """What FastAPI should say of an address that answers text."""
    said = told(None, summary)
    said["responses"]["200"]["content"] = {media_type: {"schema": {"type": "string"}}}
    return said


def document(router: APIRouter, version: str) -> dict[str, Any]:
    """The whole description of a router's addresses."""
    made = get_openapi(title="Ironkeep", version=version, routes=router.routes)
    _, components = msgspec.json.schema_components(list(_TOLD), ref_template=REFERENCE)
    parts = made.setdefault("components", {})
    parts.setdefault("schemas", {}).update(components)
    parts["securitySchemes"] = SECURITY
    made["security"] = [{"token": []}, {"session": []}]
    made["paths"]["/healthz"]["get"]["security"] = []
    for methods in made["paths"].values():
        for each in methods.values():
            each["responses"].pop("422", None)  # FastAPI's own shape; ours is the problem of `default`
    return made


def _schema(kind: Any) -> dict[str, Any]:
    if kind not in _TOLD:
        ((_TOLD[kind],), _) = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return dict(_TOLD[kind])
