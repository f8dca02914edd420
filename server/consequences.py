"""What a changeset would do, told before it is published: fields, remarks, hints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from matcher.case import Case
from matcher.index import Index
from matcher.types import Band, Match, Sentence
from server.lint import Remark, lint
from server.store import Difference
from server.wire.base import MOST_SHOWN

QUALITY: Final = Path(__file__).resolve().parent.parent / "data" / "quality" / "sentences.jsonl"
_HINTS: Final = 1
"""Cases a sentence that are compared: what a reader is shown."""
_BATCH: Final = 200
UNWANTED: Final = frozenset({"ordinary", "innocent", "opposite", "quoted"})
"""Labels of sentences on which no hint, or no sure one, should appear."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence to replay; ``label`` as in ``data/quality``, None where nobody has said."""

    text: str
    language: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a case, before and after; None: not there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What happens to a case: ``added``, ``changed`` or ``retracted``."""

    id: str
    kind: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class HintChange:
    """A hint that is not what it was; ``band`` and ``before`` None: not shown.

    ``unwanted``: it appears on a sentence whose label says that it should not.
    """

    sentence: Labelled
    match: Match
    before: Band | None
    after: Band | None
    unwanted: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """Sentences against the old and the new index: which hints appear, change or vanish."""

    sentences: int
    hints_before: int
    hints_after: int
    changes: tuple[HintChange, ...]


@dataclass(frozen=True, slots=True)
class Consequences:
    """All of it; the lists may be cut to ``MOST_SHOWN``, the counts tell how many there are."""

    cases: tuple[CaseChange, ...]
    case_count: int
    remarks: tuple[Remark, ...]
    remark_count: int
    replay: Replay | None


def consequences(
    current: Index,
    draft: Index,
    difference: Difference,
    put: Mapping[str, Case],
    *,
    sentences: Sequence[Labelled] | None = None,
) -> Consequences:
    """What a changeset would do.

    Parameters
    ----------
    current, draft
        the index as it is, and as it would be.
    difference
        what the store says of the changeset.
    put
        the cases of the changeset by id.
    sentences
        to replay; None: those of ``data/quality``, where they are.
    """
    ids = (*put, *difference.retracted)
    before = {case_id: current.case(case_id) for case_id in ids if case_id in current}
    fresh = [put[case_id] for case_id in (*difference.added, *difference.changed)]
    remarks = lint(fresh, draft=draft, before=before)
    kinds = ("added", "changed", "retracted")
    touched = [(case_id, kind) for kind in kinds for case_id in getattr(difference, kind)]
    shown = tuple(
        CaseChange(case_id, kind, field_changes(before.get(case_id), put.get(case_id)))
        for case_id, kind in touched[:MOST_SHOWN]
    )
    replayed = quality_sentences() if sentences is None else sentences
    return Consequences(
        cases=shown,
        case_count=len(touched),
        remarks=tuple(remarks[:MOST_SHOWN]),
        remark_count=len(remarks),
        replay=replay(current, draft, replayed) if replayed and touched else None,
    )


def drafted(current: Index, put: Mapping[str, Case], retract: Iterable[str]) -> Index:
    """The index as it would be; what is compared with ``current`` is to be weighed alike."""
    return current.amended(put.values(), set(retract) - put.keys())


def field_changes(before: Case | None, after: Case | None) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the definition of a case.

    Of a new or a retracted case all that it has.
    """
    old, new = (
        case.model_dump(mode="json", exclude_none=True) if case else {} for case in (before, after)
    )
    return tuple(
        FieldChange(name, old.get(name), new.get(name))
        for name in Case.model_fields
        if name != "id" and (old.get(name) or None) != (new.get(name) or None)
    )


def replay(current: Index, draft: Index, sentences: Sequence[Labelled]) -> Replay:
    """Every sentence against both indexes; unwanted hints first, then by how much changed."""
    own = sentences is quality_sentences()
    old = _own_hints(current) if own else _hints(current, sentences)
    new = _hints(draft, sentences)
    changes = []
    for number, sentence in enumerate(sentences):
        for case_id in sorted({*old[number], *new[number]}):
            was, now = old[number].get(case_id), new[number].get(case_id)
            before, after = (match.band if match else None for match in (was, now))
            match = now or was
            if before != after and match is not None:
                unwanted = _unwanted(sentence.label, after)
                changes.append(HintChange(sentence, match, before, after, unwanted))
    changes.sort(key=lambda change: (not change.unwanted, change.after is None))
    return Replay(
        sentences=len(sentences),
        hints_before=sum(map(len, old)),
        hints_after=sum(map(len, new)),
        changes=tuple(changes),
    )


def _unwanted(label: str | None, band: Band | None) -> bool:
    if label in ("opposite", "quoted"):
        return band is Band.MATCH
    return label in UNWANTED and band is not None


@lru_cache(maxsize=1)
def _own_hints(index: Index) -> list[dict[str, Match]]:
    """What the published index shows on our own sentences: asked for by every dry run."""
    return _hints(index, quality_sentences())


def _hints(index: Index, sentences: Sequence[Labelled]) -> list[dict[str, Match]]:
    """For each sentence, the cases that a reader would see."""
    found: list[dict[str, Match]] = [{} for _ in sentences]
    for start in range(0, len(sentences), _BATCH):
        part = sentences[start : start + _BATCH]
        batch = [
            Sentence(str(start + number), sentence.text, sentence.language)
            for number, sentence in enumerate(part)
        ]
        for match in index.match(batch, limit=_HINTS).matches:
            found[int(match.sentence_id)][match.case_id] = match
    return found


@cache
def quality_sentences() -> tuple[Labelled, ...]:
    """The project's own labelled sentences; none where an installation came without them."""
    return tuple(_read_quality()) if QUALITY.exists() else ()


def _read_quality() -> Iterator[Labelled]:
    for line in QUALITY.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Labelled(row["text"], row["language"], row["label"])
