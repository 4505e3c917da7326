"""The OpenAPI description, from the same structs that the API sends and reads. Nothing is fetched to show it."""

from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from ironkeep.faces.api.problems import Problem

_TYPES: list[Any] = [Problem]
REFERENCE = "#/components/schemas/{name}"


def told(answer: Any, summary: str, body: Any = None) -> dict[str, Any]:
    """What FastAPI should say of an address: its summary, what it answers (None: any JSON), what it reads."""
    said: dict[str, Any] = {"summary": summary}
    schema: dict[str, Any] = {}
    if answer is not None:
        _TYPES.append(answer)
        schema = _schema(answer)
    trouble = {"content": {"application/problem+json": {"schema": _schema(Problem)}}, "description": "a problem"}
    said["responses"] = {
        "200": {"description": "as asked", "content": {"application/json": {"schema": schema}}},
        "default": trouble,
    }
    if body is not None:
        _TYPES.append(body)
        said["requestBody"] = {"required": False, "content": {"application/json": {"schema": _schema(body)}}}
    return said


def document(router: APIRouter, version: str) -> dict[str, Any]:
    """The whole description of a router's addresses."""
    made = get_openapi(title="Ironkeep", version=version, routes=router.routes)
    _, components = msgspec.json.schema_components(_TYPES, ref_template=REFERENCE)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    return made


def _schema(kind: Any) -> dict[str, Any]:
    (found,), _ = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return dict(found)
