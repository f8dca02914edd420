"""The pages: they stand under the strict policy that they are sent with."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import server.pages
from server.pages import schema_words
from server.store import Role
from tests.server.conftest import Service

PAGES = ["/", "/desk", "/docs"]


class Elements(HTMLParser):
    """All start tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", PAGES)
def test_page_has_nothing_inline_and_nothing_from_elsewhere(reading: Service, path: str) -> None:
    page = Elements(reading.client.get(path).text)
    for tag, attributes in page.found:
        assert tag != "style"
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            assert not re.match(r"(?:\w+:)?//", attributes.get(name) or ""), (tag, attributes)
        if tag == "script":
            assert attributes.get("src")


@pytest.mark.parametrize("path", PAGES)
def test_all_that_a_page_leads_to_is_there(reading: Service, path: str) -> None:
    text = reading.client.get(path).text
    page = Elements(text)
    ids = {attributes.get("id") for _, attributes in page.found}
    for _, attributes in page.found:
        target = attributes.get("href") or attributes.get("src") or ""
        if target.startswith("#"):
            assert target[1:] in ids, target
        elif target:
            assert reading.client.get(target, buffered=True).status_code == 200, target


def test_page_says_what_is_sent_and_to_whom(reading: Service) -> None:
    page = " ".join(reading.client.get("/").text.split())
    assert "The text is sent to this service alone" in page
    assert "neither stored nor written to a log" in page


SCRIPTS = sorted((Path(server.pages.__file__).parent / "static").rglob("*.js"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_writes_text_never_markup_and_keeps_nothing(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", text)


@pytest.mark.parametrize("path", [*PAGES, "/v1/index", "/v1/changes"])
def test_no_cookie_is_ever_set_and_no_other_page_may_frame_this_one(
    reading: Service, path: str
) -> None:
    answer = reading.client.get(path, headers=reading.bearer(Role.EDITOR))
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_sample_article_is_a_title_and_paragraphs_with_hints(reading: Service) -> None:
    article = reading.client.get("/sample-article")
    assert article.mimetype == "text/plain"
    title, *paragraphs = article.text.split("\n\n")
    assert "\n" not in title
    assert "---" not in article.text
    assert len(paragraphs) >= 3
    assert reading.client.post("/v1/match", json={"text": article.text}).get_json()["matches"]


def test_documentation_names_every_route(reading: Service) -> None:
    page = reading.client.get("/docs").text
    for path in reading.client.get("/openapi.json").get_json()["paths"]:
        assert f"<code>{path}</code>" in page


def test_documentation_says_where_a_token_must_be_shown_and_where_it_may(reading: Service) -> None:
    page = reading.client.get("/docs").text
    told = dict(re.findall(r'<section class="operation" id="(\w+)">(.*?)</section>', page, re.S))
    assert "Needs <code>Authorization" in told["post_v1_changes"]
    assert "May show <code>Authorization" in told["post_v1_match"]
    assert "Authorization" not in told["get_v1_index"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 2000}, "text, 1 to 2,000 characters"),
        (
            {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
            "integer, 1 to 10, default 1",
        ),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, "list of text, at least 1"),
        ({"$ref": "#/components/schemas/Card"}, '<a href="#Card">Card</a>'),
        ({"const": "<b>"}, "<code>&lt;b&gt;</code>"),
    ],
)
def test_schemas_are_told_in_words(schema: dict[str, object], words: str) -> None:
    assert schema_words(schema) == words
