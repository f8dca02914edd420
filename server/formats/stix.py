"""The EUvsDisinfo list as a STIX 2.1 bundle: its campaigns as rows of the other dumps.

Source: OASIS STIX 2.1, sections 4.2 (campaign), 4.9 (note), 4.7 (indicator) and 5.1
(relationship). A bundle refers forwards and backwards, so its names are collected first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, TextIO

from server.formats.jsonstream import parts
from server.formats.types import Rejected

_REPORT: Final = re.compile(r"url:value\s*=\s*'(https://euvsdisinfo\.eu/report/[^']+)'")


def recognises(head: str) -> bool:
    """Whether it begins as a STIX bundle does."""
    return bool(re.match(r"\ufeff?\s*{", head) and re.search(r'"type"\s*:\s*"bundle"', head[:500]))


def rows(stream: TextIO) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    """A row for each campaign, under the names that the other dumps use.

    The campaign's name is the claim, its description the claim retold, its note the disproof;
    the report's address is in an indicator.
    """
    bundle = _Bundle()
    for line, found in parts(stream, "objects.item"):
        if isinstance(found, Rejected):
            yield line, found
        elif isinstance(found, dict):
            bundle.add(line, found)
    yield from bundle.rows()


class _Bundle:
    """What the objects of a bundle say of each other."""

    def __init__(self) -> None:
        self._campaigns: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._names: dict[str, str] = {}
        self._reports: dict[str, str] = {}
        self._notes: dict[str, str] = {}
        self._related: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def add(self, line: int, found: Mapping[str, Any]) -> None:
        name = _text(found, "id")
        match found.get("type"):
            case "campaign":
                self._campaigns[name] = (line, found)
            case "threat-actor" | "location":
                self._names[name] = _text(found, "name")
            case "indicator":
                if report := _REPORT.search(_text(found, "pattern")):
                    self._reports[name] = report[1]
            case "note":
                subjects = found.get("object_refs")
                for subject in subjects if isinstance(subjects, list) else ():
                    self._notes.setdefault(str(subject), _text(found, "content"))
            case "relationship":
                source, target = _text(found, "source_ref"), _text(found, "target_ref")
                kind = _text(found, "relationship_type")
                if kind == "indicates":
                    source, target = target, source
                self._related[source, kind].append(target)

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for name, (line, campaign) in self._campaigns.items():
            yield (
                line,
                {
                    "id": name,
                    "title": _text(campaign, "name"),
                    "summary": _text(campaign, "description"),
                    "disproof": self._notes.get(name, ""),
                    "date": _text(campaign, "first_seen")[:10],
                    "url": next(iter(self._of(self._reports, name, "indicates")), ""),
                    "keywords": campaign.get("labels"),
                    "countries": self._of(self._names, name, "targets"),
                    "outlets": self._of(self._names, name, "attributed-to"),
                },
            )

    def _of(self, told: Mapping[str, str], name: str, kind: str) -> list[str]:
        return [told[other] for other in self._related[name, kind] if other in told]


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""
