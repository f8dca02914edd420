"""The ways to match that are compared: the engine itself, and what one would use instead."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import bm25s
import numpy as np
import Stemmer
import tantivy
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from matcher.bench.corpus import Corpus, cases
from matcher.encoder import Encoder
from matcher.errors import ModelError
from matcher.index import Index
from matcher.semantic import Semantic, shipped
from matcher.text import normalise, text_key, words
from matcher.types import Sentence
from matcher.vectors import KnownVectors
from matcher.weights import MODEL_FOLDER

BATCH: Final = 100
"""Sentences a request, as a page of news sends them."""


UNRELATED: Final = 0.3
"""Cosine below which two texts have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The best claim for a sentence, and how good it is in the way's own measure."""

    claim: str
    score: float


class Way(Protocol):
    """A way to match, ready to be asked."""

    def __call__(self, texts: Sequence[str]) -> list[Hit | None]:
        """The best claim for each of some sentences, in their order; None: none is proposed."""
        ...


class Engine:
    """Claimlight as the service asks it: a snapshot mapped into memory, batches of sentences.

    As in a service that has run for a while, the vectors of claims are known beforehand: of
    those that the sentences meet, since all of a large index would take minutes.
    """

    def __init__(self, data: Corpus, *, models: bool) -> None:
        began = time.process_time()
        built = Index.build(cases(data.claims))
        self.build_s = time.process_time() - began
        self._folder = folder = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        built.save(folder / "index")
        self.disk_bytes = sum(path.stat().st_size for path in folder.rglob("*.*"))
        self.index = Index.load(folder / "index")
        if models:
            self._make_vectors(data)
            self.index = self.anew()

    def __call__(self, texts: Sequence[str]) -> list[Hit | None]:
        """See ``Way``."""
        best: dict[str, Hit] = {}
        for start in range(0, len(texts), BATCH):
            batch = [
                Sentence(str(start + i), text, "en")
                for i, text in enumerate(texts[start : start + BATCH])
            ]
            for match in self.index.match(batch).matches:
                best[match.sentence_id] = Hit(match.claim, match.score)
        return [best.get(str(i)) for i in range(len(texts))]

    def anew(self) -> Index:
        """The same index, with models that know the vectors of claims and of nothing else."""
        if not self._vectors.exists():
            return Index(self.index.layers)
        models = Semantic.load(MODEL_FOLDER)
        known = KnownVectors(models.encoder, self._vectors)
        return Index(self.index.layers, replace(models, encoder=known))

    @property
    def _vectors(self) -> Path:
        return self._folder / "vectors"

    def _make_vectors(self, data: Corpus) -> None:
        """Of the claims that come near the sentences: not a quarter of all in a large index."""
        models = Semantic.load(MODEL_FOLDER)
        noting = _Noting(models.encoder, self._vectors)
        layers = self.index.layers
        self.index = Index(layers, replace(models, encoder=noting))
        self([*data.earlier, *data.ordinary, *(text for text, _ in data.repeats)])
        met = np.flatnonzero(np.isin(layers.base.keys, np.fromiter(noting.asked, np.uint64)))
        noting.learn(sorted({layers.reading(row).text for row in met.tolist()}))
        noting.keep()


class _Noting(KnownVectors):
    """Vectors that note of which texts they were asked for, by their keys."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        super().__init__(encoder, folder)
        self.asked: set[int] = set()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.update(map(text_key, texts))
        return super().vectors(texts)

    def paired(self, vectors: NDArray[np.float32], keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        self.asked.update(keys.tolist())
        return super().paired(vectors, keys)


def engine(data: Corpus) -> Way:
    """Claimlight as it is shipped."""
    return Engine(data, models=True)


def words_alone(data: Corpus) -> Way:
    """Claimlight without its models."""
    return Engine(data, models=False)


def encoder_brute_force(data: Corpus) -> Way:
    """The vectors of all claims, and of every sentence: the largest cosine."""
    models = shipped()
    if models is None:
        raise ModelError("the shipped encoder cannot be loaded")
    of_claims = models.encoder.vectors(data.claims)

    def find(texts: Sequence[str]) -> list[Hit | None]:
        cosines = models.encoder.vectors(texts) @ of_claims.T
        best = cosines.argmax(axis=1)
        return [
            Hit(data.claims[i], float(near)) if near > UNRELATED else None
            for i, near in zip(best, cosines.max(axis=1), strict=True)
        ]

    return find


def naive_scan(data: Corpus) -> Way:
    """What one writes first: rapidfuzz over the whole list of claims."""
    folded = [normalise(claim).casefold() for claim in data.claims]

    def find(texts: Sequence[str]) -> list[Hit | None]:
        found: list[Hit | None] = []
        for text in texts:
            query = normalise(text).casefold()
            best = process.extractOne(query, folded, scorer=fuzz.token_set_ratio, score_cutoff=70)
            found.append(Hit(data.claims[best[2]], best[1]) if best else None)
        return found

    return find


def sqlite_fts5(data: Corpus) -> Way:
    """SQLite's full-text index with its BM25."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE claims USING fts5(text, tokenize='porter unicode61')")
    base.executemany("INSERT INTO claims(text) VALUES (?)", ((claim,) for claim in data.claims))

    def find(texts: Sequence[str]) -> list[Hit | None]:
        found: list[Hit | None] = []
        for text in texts:
            query = " OR ".join(f'"{word}"' for word in _plain_words(text))
            rows = base.execute(
                "SELECT text, rank FROM claims WHERE claims MATCH ? ORDER BY rank LIMIT 1", (query,)
            ).fetchall()
            found.append(Hit(rows[0][0], -rows[0][1]) if rows else None)
        return found

    return find


def scipy_bm25(data: Corpus) -> Way:
    """bm25s: BM25 in sparse arrays, stemmed, without stop words."""
    stemmer = Stemmer.Stemmer("english")
    settings = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(data.claims, **settings), show_progress=False)

    def find(texts: Sequence[str]) -> list[Hit | None]:
        asked = bm25s.tokenize(list(texts), return_ids=False, **settings)
        numbers, scores = retriever.retrieve(asked, k=1, show_progress=False, n_threads=0)
        return [
            Hit(data.claims[number], float(score)) if score > 0 else None
            for number, score in zip(numbers[:, 0].tolist(), scores[:, 0].tolist(), strict=True)
        ]

    return find


def rust_bm25(data: Corpus) -> Way:
    """tantivy: a search engine in Rust, its English stemmer, its index in memory."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
    builder.add_unsigned_field("number", stored=True)
    index = tantivy.Index(builder.build())
    writer = index.writer(num_threads=1)
    for number, claim in enumerate(data.claims):
        writer.add_document(tantivy.Document(text=claim, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def find(texts: Sequence[str]) -> list[Hit | None]:
        found: list[Hit | None] = []
        for text in texts:
            query = index.parse_query(" ".join(_plain_words(text)), ["text"])
            hits = searcher.search(query, 1).hits
            if hits:
                score, address = hits[0]
                claim = data.claims[searcher.doc(address)["number"][0]]
                found.append(Hit(claim, score))
            else:
                found.append(None)
        return found

    return find


def _plain_words(text: str) -> list[str]:
    return [word for word in words(normalise(text), "en") if word.isalnum()]


WAYS: Final[dict[str, Callable[[Corpus], Way]]] = {
    "Claimlight": engine,
    "Claimlight, words alone": words_alone,
    "encoder, brute force": encoder_brute_force,
    "tantivy": rust_bm25,
    "bm25s": scipy_bm25,
    "SQLite FTS5": sqlite_fts5,
    "naive rapidfuzz scan": naive_scan,
}
"""By the name they have in tables."""
LARGEST: Final = {"encoder, brute force": 12_000}
"""Cases up to which a way is measured that takes minutes to prepare for more."""
