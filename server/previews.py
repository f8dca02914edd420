"""What editors look at before they publish: a dry run with its cards, a file read as cases."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import islice
from typing import Final

from flask import Blueprint, Response

from matcher.index import Index
from matcher.types import Match, Sentence
from server.changes import (
    JSON,
    Push,
    authorize,
    from_store,
    needs_confirmation,
    reject_unknown,
)
from server.consequences import Labelled, consequences, drafted
from server.errors import StoreError
from server.exchange import answer, current_index, read_body, read_query
from server.faults import Fault, WireError, check, parse, pointer
from server.formats import FormatError, Rejected, read
from server.live import Live
from server.openapi import Token, operation
from server.store import Role, Store
from server.wire.base import MAX_CHANGES_BYTES
from server.wire.cases import card
from server.wire.editors import (
    FileAnswer,
    PreviewAnswer,
    PreviewRequest,
    ReadOptions,
    RejectedLine,
    told,
)

ANY: Final = "application/octet-stream"
MOST_CARDS: Final = 5
MOST_TRIED: Final = 50


def blueprint(store: Store, live: Live) -> Blueprint:
    """Routes that take much and change nothing."""
    routes = Blueprint("previews", __name__)

    @routes.post("/v1/changes/preview")
    @operation(
        "What a changeset would do, and how its cases would look",
        tag="Editors",
        body={JSON: PreviewRequest},
        answers={JSON: PreviewAnswer},
        problems=(400, 401, 403, 408, 413, 415, 429, 503),
        token=Token.MUST,
    )
    def preview() -> Response:
        """Like a push with dry_run, and tries sentences of the editor's against it."""
        authorize(store, Role.VIEWER)
        asked = check(PreviewRequest, parse(read_body(JSON, limit=MAX_CHANGES_BYTES)))
        rows = Push()
        for number, raw in enumerate(asked.changes):
            rows.take(raw, pointer("changes", number))
        reject_unknown(rows, store)
        current = current_index(live)
        version, difference = store.apply(
            put=list(rows.put.values()), retract=rows.retract, who="", dry_run=True
        )
        draft = drafted(current.index, rows.put, rows.retract)
        sentences = None
        if asked.sentences is not None:
            sentences = [Labelled(one.text, one.language, one.label) for one in asked.sentences]
        needed = list(needs_confirmation(difference, store))
        found = consequences(current.index, draft, difference, rows.put, sentences=sentences)
        return answer(
            PreviewAnswer.model_validate(
                {
                    "version": version,
                    "added": difference.added,
                    "changed": difference.changed,
                    "retracted": difference.retracted,
                    "unchanged": difference.unchanged,
                    "rejected": rows.rejected,
                    "warnings": needed,
                    "needs_confirmation": bool(needed),
                    "consequences": told(found),
                    "cards": {name: card(draft, name) for name in islice(rows.put, MOST_CARDS)},
                    "tried": _tried(draft, sentences or ()),
                }
            ),
            etag=str(version),
        )

    @routes.post("/v1/changes/read")
    @operation(
        "A file of any known format as cases; publishes nothing",
        tag="Editors",
        query=ReadOptions,
        body={ANY: None},
        answers={JSON: FileAnswer},
        problems=(400, 401, 403, 408, 413, 415, 429, 503),
        token=Token.MUST,
    )
    def read_file() -> Response:
        """The body is the file itself: JSON Lines, CSV, ClaimReview (a page too), EUvsDisinfo."""
        authorize(store, Role.VIEWER)
        options = read_query(ReadOptions)
        body = read_body(ANY, limit=MAX_CHANGES_BYTES)
        notices: list[str] = []
        try:
            rows = list(
                read(
                    io.BytesIO(body),
                    format=options.format,
                    default_verdict=options.default_verdict,
                    notice=notices.append,
                )
            )
        except FormatError as error:
            raise WireError(Fault(pointer="", message=str(error))) from error
        rejected = [row for row in rows if isinstance(row, Rejected)]
        return answer(
            FileAnswer(
                cases=tuple(row for row in rows if not isinstance(row, Rejected)),
                rejected=tuple(RejectedLine.model_validate(row) for row in rejected),
                notices=tuple(notices),
            )
        )

    routes.register_error_handler(StoreError, from_store)
    return routes


def _tried(index: Index, sentences: Sequence[Labelled]) -> tuple[Match, ...]:
    """The best case of each sentence, also below what a reader would be shown."""
    batch = [
        Sentence(str(number), sentence.text, sentence.language)
        for number, sentence in enumerate(sentences[:MOST_TRIED])
    ]
    return index.match(batch, min_score=0).matches
