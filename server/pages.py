"""What people open in a browser: the page to try it, the editors' desk, the API's documentation."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from markupsafe import Markup, escape

from matcher.case import Verdict
from server.openapi import TAGS, document
from server.problems import KINDS, NOT_FOUND, Problem
from server.wire.cases import Limits

SAMPLE: Final = Path(__file__).resolve().parent.parent / "data" / "sample-article.md"


def blueprint() -> Blueprint:
    """The pages, and the document that one of them is made from."""
    routes = Blueprint("pages", __name__)
    routes.add_app_template_filter(schema_words)

    @routes.get("/")
    def home() -> Response:
        return _page("home.html", sample=SAMPLE.exists(), limits=Limits())

    @routes.get("/desk")
    def desk() -> Response:
        """For editors; it speaks to the same routes as everyone, with the token they type in."""
        return _page("desk.html", verdicts=tuple(Verdict))

    @routes.get("/sample-article")
    def sample() -> Response:
        """The article that the page opens at the press of a button: its title, its paragraphs."""
        if not SAMPLE.exists():
            raise Problem(NOT_FOUND, "This installation came without the sample article.")
        _, _, article = SAMPLE.read_text(encoding="utf-8").partition("\n---\n")
        return _revalidated(Response(article.strip().removeprefix("# "), mimetype="text/plain"))

    @routes.get("/openapi.json")
    def openapi() -> Response:
        response = jsonify(document(current_app, version=version("claimlight")))
        response.headers["Access-Control-Allow-Origin"] = "*"
        return _revalidated(response)

    @routes.get("/docs")
    def docs() -> Response:
        api = document(current_app, version=version("claimlight"))
        return _page("docs.html", api=api, tags=TAGS, kinds=KINDS)

    return routes


def schema_words(schema: dict[str, Any]) -> Markup:
    """A JSON Schema in a few words, with links to the types that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in values)
    if branches := schema.get("anyOf"):
        return Markup(" or ").join(schema_words(branch) for branch in branches)
    if schema.get("type") == "array":
        inner = schema_words(schema.get("items", {}))
        return Markup("list of {}{}").format(inner, _range(schema, "minItems", "maxItems"))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup("object of {}").format(schema_words(schema["additionalProperties"]))
    kind = str(schema.get("format") or schema.get("type") or "anything")
    if kind == "string":
        return escape("text" + _range(schema, "minLength", "maxLength", unit=" characters"))
    default = f", default {schema['default']}" if schema.get("default") else ""
    return escape(kind + _range(schema, "minimum", "maximum") + default)


def _range(schema: dict[str, Any], least: str, most: str, unit: str = "") -> str:
    low, high = schema.get(least), schema.get(most)
    if high is not None:
        return f", {low or 0:,} to {high:,}{unit}"
    return f", at least {low:,}{unit}" if low is not None else ""


def _page(template: str, **values: Any) -> Response:
    return _revalidated(make_response(render_template(template, **values)))


def _revalidated(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    return response
