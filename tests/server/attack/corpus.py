"""A good file of every format and shape that is read: what damage is done to."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from matcher.case import Case
from server.formats import WRITERS, read
from tests.server.conftest import CONTRACT
from tests.server.formats.cases import DUMP_ROW, REVIEW

_CASES: Final = [case for case in read(CONTRACT / "cases.jsonl") if isinstance(case, Case)]
_BUNDLE: Final = {
    "type": "bundle",
    "objects": [
        {"type": "campaign", "id": "campaign--1", "name": "A moon of cheese",
         "description": "Cheese was hidden.", "first_seen": "2020-02-29T00:00:00Z",
         "labels": ["cheese"]},
        {"type": "indicator", "id": "indicator--1",
         "pattern": "[url:value = 'https://euvsdisinfo.eu/report/a-moon-of-cheese/']"},
        {"type": "relationship", "relationship_type": "indicates",
         "source_ref": "indicator--1", "target_ref": "campaign--1"},
        {"type": "note", "object_refs": ["campaign--1"], "content": "There is no cheese."},
        {"type": "location", "id": "location--1", "name": "Georgia"},
        {"type": "relationship", "relationship_type": "targets",
         "source_ref": "campaign--1", "target_ref": "location--1"},
    ],
}  # fmt: skip


def _written(name: str) -> bytes:
    return "".join(WRITERS[name].write(_CASES)).encode()


def _table(row: dict[str, Any], separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row), delimiter=separator)
    writer.writeheader()
    for number in range(3):
        writer.writerow(row | {"id": f"row-{number}"})
    return out.getvalue()


_FLAT: Final = {
    name: "+".join(value) if isinstance(value, list) else value for name, value in DUMP_ROW.items()
}
_SHEET: Final = {
    "id": "", "Claim": "Die Erde sei eine Scheibe", "URL": "https://example.org/a",
    "Publisher": "Prüfstelle", "Published": "03.10.2017", "Verdict": "", "Rating": "Irreführend",
    "Keywords": r"eins; z\;wei", "Related": "Titel <https://example.org/b>; other-case",
}  # fmt: skip
_PAGE: Final = (
    "<!doctype html><html><head><title>x</title>\n"
    f'<script type="application/ld+json">{json.dumps({"@graph": [REVIEW]})}</script>\n'
    f'<script type="application/ld+json">{json.dumps([REVIEW])}</script></head></html>'
)

CORPUS: Final[dict[str, bytes]] = {
    "jsonl": _written("jsonl"),
    "csv": _written("csv"),
    "claimreview-feed": _written("claimreview"),
    "claimreview-one": json.dumps(REVIEW).encode(),
    "claimreview-list": json.dumps([REVIEW, REVIEW | {"url": "https://checkers.example/b"}])
    .encode(),
    "claimreview-page": _PAGE.encode(),
    "euvsdisinfo-lines": "\n".join(json.dumps(DUMP_ROW | {"url": f"{DUMP_ROW['url']}{n}"})
                                   for n in range(3)).encode(),
    "euvsdisinfo-table": _table(_FLAT).encode(),
    "euvsdisinfo-stix": json.dumps(_BUNDLE, indent=1).encode(),
    "sheet-semicolons": ("sep=;\r\n" + _table(_SHEET, ";")).encode("utf-8-sig"),
    "sheet-utf-16": _table(_SHEET, "\t").encode("utf-16"),
    "sheet-cp1252": _table(_SHEET, ";").encode("cp1252"),
}  # fmt: skip
"""By format and shape."""
