"""Train and export the sentence encoder: ``python -m matcher.training.encoder WEIGHTS FOLDER``.

WEIGHTS and what else it needs are those of ``matcher.training.pairs``. From all-MiniLM-L6-v2 it
learns to bring a text nearer to the claim that it repeats than to other claims and to ordinary
news (van den Oord et al. 2018, arXiv:1807.03748): what is published was trained on questions,
captions and headlines, hardly on tweets and tales. With ``--hold-out`` folds 0 to 3 are left
out, to measure on. About ten minutes on two cores.

The shipped weights are the mean (``--mean``) of two trainings with ``--hold-out``, ``--seed 0``
and ``--seed 1``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from matcher.text import split_sentences
from matcher.training.corpora import FOLDS, HELD_OUT, fold, rows
from matcher.training.descent import descend, mean_of
from matcher.training.examples import NEWS_FOLDS
from matcher.training.export import write_int8
from matcher.training.labelled import news
from matcher.training.network import Encoder, Vectors, cut_up, padded, published_encoder
from matcher.weights import ENCODER_FILE, VOCABULARY_FILE
from matcher.wordpiece import WordPiece

EPOCHS: Final = 2.5
BATCH: Final = 32
RATE: Final = 4e-5
WARM_UP: Final = 0.08
SHARPNESS: Final = 20.0
"""By which cosines are multiplied before they are compared."""
NEAREST: Final = 30
OTHERS: Final = 8
"""Claims near a text, of which one a turn is held against the right one."""
SAME: Final = 0.72
"""Cosine of two claims from which one is no counterexample of the other: they may say the same."""
NEWS_A_BATCH: Final = 8
LEAST_SENTENCE_CHARS: Final = 40
REPEATS: Final = 1_500
"""Pairs taken of ``negation/relations``, and claims whose headline is taken for a wording."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A text and the claim that it repeats, out of a corpus of claims; "": of none."""

    text: str
    claim: str
    corpus: str


def repeats(train: frozenset[int], seed: int) -> tuple[list[Repeat], dict[str, list[str]]]:
    """Repeats of the claims of some folds, and all claims of these folds by corpus."""
    draw = Random(seed)
    made: list[Repeat] = []
    corpora: dict[str, list[str]] = {}
    for year in ("2020", "2021"):
        claims = [c for c in rows(f"checkthat{year}/claims") if fold(c["claim"]) in train]
        known = {c["id"]: c for c in claims}
        corpora[year] = [c["claim"] for c in claims]
        for tweet in rows(f"checkthat{year}/train"):
            if claim := known.get(tweet["relevant"][0]):
                made += (Repeat(tweet["text"], claim[key], year) for key in ("claim", "title"))
        made += (
            Repeat(c["title"], c["claim"], "")
            for c in draw.sample(claims, min(REPEATS, len(claims)))
        )
    corpora["cases"] = sorted(
        {c["title"] for c in rows("euvsdisinfo/cases") if fold(c["id"]) in train}
    )
    for summary in rows("euvsdisinfo/pairs"):
        if fold(summary["case_id"]) in train:
            texts = [summary["text"], *split_sentences(summary["text"])]
            long = [text for text in texts if len(text) > LEAST_SENTENCE_CHARS]
            made += (Repeat(text, summary["claim"], "cases") for text in long)
    made += (
        Repeat(quote["text"], quote["fake"], "cases")
        for quote in rows("propaganda_diary/quotes")
        if fold(quote["fake"]) in train
    )
    pairs = [
        Repeat(row["text"], row["claim"], "")
        for row in rows("negation/relations")
        if row["relation"] == "repeats" and fold(row["claim"]) in train
    ]
    return made + draw.sample(pairs, min(REPEATS, len(pairs))), corpora


def other_claims(
    made: Sequence[Repeat], corpora: dict[str, list[str]], vectors: Vectors
) -> list[list[str]]:
    """For each repeat the claims near its text that say something else."""
    of_claims = {name: vectors(claims) for name, claims in corpora.items()}
    of_texts = vectors([one.text for one in made])
    of_own = vectors([one.claim for one in made])
    found: list[list[str]] = []
    for one, text, own in zip(made, of_texts, of_own, strict=True):
        claims = corpora.get(one.corpus, [])
        if not claims:
            found.append([])
            continue
        near = np.argsort(-(of_claims[one.corpus] @ text))[:NEAREST]
        apart = near[of_claims[one.corpus][near] @ own < SAME]
        found.append([claims[i] for i in apart[:OTHERS].tolist()])
    return found


def trained(weights: Path, train: frozenset[int], epochs: float, seed: int, rate: float) -> Encoder:
    """The encoder after ``epochs`` rounds over the repeats of the folds in ``train``."""
    torch.manual_seed(seed)
    draw = Random(seed)
    pieces = WordPiece.load(weights / VOCABULARY_FILE)
    encoder = published_encoder(weights)
    vectors = Vectors(encoder, pieces)
    made, corpora = repeats(train, seed)
    others = other_claims(made, corpora, vectors)
    ordinary = news(NEWS_FOLDS)
    nearest = vectors([one.text for one in made]) @ vectors(ordinary).T
    near_news = np.argpartition(-nearest, OTHERS)[:, :OTHERS]

    order = [i for _ in range(math.ceil(epochs)) for i in draw.sample(range(len(made)), len(made))]
    batches = list(_batches(order[: round(epochs * len(made))], made))
    encoder.word.weight.requires_grad_(False)
    encoder.position.weight.requires_grad_(False)

    def loss_of(batch: list[int]) -> Tensor:
        claims = [made[i].claim for i in batch]
        claims += [draw.choice(others[i]) for i in batch if others[i]]
        some = draw.sample(batch, min(NEWS_A_BATCH, len(batch)))
        claims += [ordinary[draw.choice(near_news[i].tolist())] for i in some]
        texts = _vectors(encoder, pieces, [made[i].text for i in batch])
        logits = texts @ _vectors(encoder, pieces, claims).T * SHARPNESS
        return functional.cross_entropy(logits, torch.arange(len(batch)))

    learned = [p for p in encoder.parameters() if p.requires_grad]
    descend(encoder, [{"params": learned, "lr": rate}], batches, loss_of, warm_up=WARM_UP)
    return encoder.eval()


def _batches(order: Sequence[int], made: Sequence[Repeat]) -> Iterator[list[int]]:
    """Batches in which no claim occurs twice: the others' claims are held against a text."""
    for start in range(0, len(order), BATCH):
        yield list({made[i].claim: i for i in order[start : start + BATCH]}.values())


def _vectors(encoder: Encoder, pieces: WordPiece, texts: Sequence[str]) -> Tensor:
    cut = [cut_up(pieces, text) for text in texts]
    ids, _, mask = padded([(each, len(each)) for each in cut], pieces.padding)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = encoder(ids, torch.zeros_like(ids), mask).float()
    means = (states * mask[..., None]).sum(1) / mask.sum(1)[:, None]
    return functional.normalize(means, dim=-1)


class MeanVector(nn.Module):
    """The mean of a text's states, as a unit vector."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor) -> Tensor:
        """Unit vectors (texts, WIDTH)."""
        return functional.normalize(self.encoder(ids, torch.zeros_like(ids)).mean(1), dim=-1)


def main() -> None:
    """Train on the shared datasets, and write ``encoder.onnx`` and ``encoder.pt``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hold-out", action="store_true")
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument(
        "--mean", type=Path, nargs="+", help="train nothing: average these encoder.pt"
    )
    options = parser.parse_args()
    if options.mean:
        encoder = published_encoder(options.weights)
        encoder.load_state_dict(mean_of(options.mean))
    else:
        train = frozenset(range(FOLDS)) - (HELD_OUT if options.hold_out else frozenset())
        encoder = trained(options.weights, train, options.epochs, options.seed, options.rate)
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.save(encoder.state_dict(), options.folder / "encoder.pt")
    network = MeanVector(encoder).eval()
    write_int8(
        network, {"ids": torch.full((1, 40), 1_000)}, "vector", options.folder / ENCODER_FILE
    )


if __name__ == "__main__":
    main()
