"""The OpenAPI 3.1 document, assembled from the views' declarations and the types of the border.

Nothing is written twice: paths come from the routes, schemas from the models that check the
requests and make the answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final, Literal, TypeVar

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.problems import KINDS
from server.wire.operations import ProblemAnswer

TAGS: Final = ("Readers", "Editors", "Operations")
_REF: Final = "#/components/schemas/{model}"
_ATTRIBUTE: Final = "__claimlight_operation__"

View = TypeVar("View", bound=Callable[..., Any])
Mode = Literal["validation", "serialization"]
Media = Mapping[str, "type[BaseModel] | None"]
"""Media type to model; None where the body is not JSON of one model."""


class Token(Enum):
    """Whether a request shows a token."""

    NO = auto()
    MAY = auto()
    MUST = auto()


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view promises."""

    summary: str
    tag: str
    query: type[BaseModel] | None
    body: Media
    answers: Media
    problems: tuple[int, ...]
    token: Token
    description: str


def operation(
    summary: str,
    *,
    tag: str,
    answers: Media,
    query: type[BaseModel] | None = None,
    body: Media | None = None,
    problems: tuple[int, ...] = (),
    token: Token = Token.NO,
) -> Callable[[View], View]:
    """Declare what a view takes and answers; its docstring is the longer description."""

    def declare(view: View) -> View:
        promise = Operation(
            summary, tag, query, body or {}, answers, problems, token, _prose(view.__doc__)
        )
        setattr(view, _ATTRIBUTE, promise)
        return view

    return declare


def operations(app: Flask) -> Iterator[tuple[str, str, Operation]]:
    """Path, method and promise of every declared route, in the order of registration."""
    for rule in app.url_map.iter_rules():
        promise = getattr(app.view_functions[rule.endpoint], _ATTRIBUTE, None)
        if promise is not None:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield path, method.lower(), promise


def document(app: Flask, *, version: str) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    declared = list(operations(app))
    schemas, components = _schemas(promise for _, _, promise in declared)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, promise in declared:
        paths.setdefault(path, {})[method] = _operation(path, method, promise, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Claimlight",
            "version": version,
            "summary": "Sentences in, the debunked claims that they repeat out",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


Schemas = Mapping[tuple[Any, Mode], dict[str, Any]]


def _schemas(promises: Iterator[Operation]) -> tuple[Schemas, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(ProblemAnswer, "serialization"): None}
    for promise in promises:
        wanted.update({(model, "validation"): None for model in promise.body.values() if model})
        wanted.update(
            {(model, "serialization"): None for model in promise.answers.values() if model}
        )
    schemas, definitions = models_json_schema(list(wanted), ref_template=_REF)
    components: dict[str, Any] = definitions["$defs"]
    return schemas, components


def _operation(path: str, method: str, promise: Operation, schemas: Schemas) -> dict[str, Any]:
    name = re.sub(r"\W+", "_", f"{method}{path}").strip("_")
    told: dict[str, Any] = {
        "operationId": name,
        "summary": promise.summary,
        "tags": [promise.tag],
        "parameters": [*_path_parameters(path), *_query_parameters(promise.query)],
        "responses": {
            "200": {
                "description": "OK",
                "content": _content(promise.answers, "serialization", schemas),
            },
            **{str(status): _problem(status, schemas) for status in sorted(promise.problems)},
        },
    }
    if promise.description:
        told["description"] = promise.description
    if promise.body:
        content = _content(promise.body, "validation", schemas)
        told["requestBody"] = {"required": True, "content": content}
    if promise.token is not Token.NO:
        told["security"] = [{"token": []}]
        if promise.token is Token.MAY:
            told["security"].append({})
    return told


def _content(media: Media, mode: Mode, schemas: Schemas) -> dict[str, Any]:
    return {
        name: {"schema": schemas[(model, mode)] if model else _unmodelled(name)}
        for name, model in media.items()
    }


def _unmodelled(media_type: str) -> dict[str, Any]:
    """What is known of a body without a model: JSON of any shape, or text or bytes."""
    return {} if media_type.endswith("+json") else {"type": "string"}


def _problem(status: int, schemas: Schemas) -> dict[str, Any]:
    kinds = [kind.title for kind in KINDS if kind.status == status]
    schema = schemas[(ProblemAnswer, "serialization")]
    return {
        "description": "; or: ".join(kinds) or HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if name == "version" else "string"},
        }
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema()
    parameters = []
    for name, described in schema["properties"].items():
        described = dict(described)
        described.pop("title", None)
        parameter = {"name": name, "in": "query", "schema": described}
        if "description" in described:
            parameter["description"] = described.pop("description")
        parameters.append(parameter)
    return parameters


def _prose(docstring: str | None) -> str:
    return " ".join((docstring or "").split())
