"""The transformer in plain PyTorch: loaded, trained and exported, never needed at run time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from matcher.encoder import PIECES as READ_PIECES
from matcher.text import normalise
from matcher.wordpiece import WordPiece

WIDTH: Final = 384
HEADS: Final = 12
INNER: Final = 1536
LAYERS: Final = 6
PIECES: Final = 30_522
POSITIONS: Final = 512
DROPOUT: Final = 0.1
EPSILON: Final = 1e-12
HIDDEN_LOGIT: Final = -1e4
"""Added to the attention to padding."""


class Layer(nn.Module):
    """One layer of BERT (Devlin et al. 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Linear(WIDTH, 3 * WIDTH)
        self.write = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.last_norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor, hidden: Tensor | None) -> Tensor:
        """States (pairs, pieces, WIDTH) after attention and the inner network."""
        queries, keys, values = (
            part.reshape(x.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.read(x).split(WIDTH, -1)
        )
        weights = (queries * (WIDTH // HEADS) ** -0.5) @ keys.transpose(-1, -2)
        if hidden is not None:
            weights = weights + hidden
        read = torch.softmax(weights, -1) @ values
        x = self.norm(x + self.drop(self.write(read.transpose(1, 2).reshape(x.shape))))
        out: Tensor = self.last_norm(x + self.drop(self.outer(functional.gelu(self.inner(x)))))
        return out


class Encoder(nn.Module):
    """Pieces to states."""

    def __init__(self) -> None:
        super().__init__()
        self.word = nn.Embedding(PIECES, WIDTH)
        self.position = nn.Embedding(POSITIONS, WIDTH)
        self.side = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, ids: Tensor, sides: Tensor, mask: Tensor | None = None) -> Tensor:
        """States (pairs, pieces, WIDTH); ``mask`` is 0 at padding."""
        places = self.position(torch.arange(ids.shape[1]))[None]
        x = self.drop(self.norm(self.word(ids) + places + self.side(sides)))
        hidden = None if mask is None else ((1 - mask) * HIDDEN_LOGIT)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, hidden)
        out: Tensor = x
        return out


class PairNetwork(nn.Module):
    """A logit from the means of both sides, read together, and the first piece's state."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.join = nn.Linear(3 * WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, ids: Tensor, sides: Tensor, mask: Tensor | None = None) -> Tensor:
        """One logit a pair."""
        x = self.encoder(ids, sides, mask)
        claim = sides.to(x.dtype)[..., None]
        sentence = 1 - claim if mask is None else mask[..., None] - claim
        u = (x * sentence).sum(1) / sentence.sum(1)
        v = (x * claim).sum(1) / claim.sum(1)
        joined = self.join(torch.cat((8 * u * v, (u - v).abs(), x[:, 0]), -1))
        out: Tensor = self.out(self.drop(torch.tanh(joined)))[:, 0]
        return out


WEIGHTS_FILE: Final = "model.safetensors"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published file."""


def published_encoder(folder: Path) -> Encoder:
    """The encoder as published, in the layout of BERT's own names; exits where it is another."""
    file = folder / WEIGHTS_FILE
    found = sha256(file.read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        sys.exit(f"{file} has SHA-256 {found}, not {WEIGHTS_SHA256}")
    published = load_file(file)
    encoder = Encoder()
    places = {
        "word": "embeddings.word_embeddings",
        "position": "embeddings.position_embeddings",
        "side": "embeddings.token_type_embeddings",
        "norm": "embeddings.LayerNorm",
    }
    for i in range(LAYERS):
        places |= {
            f"layers.{i}.{ours}": f"encoder.layer.{i}.{theirs}"
            for ours, theirs in (
                ("write", "attention.output.dense"),
                ("norm", "attention.output.LayerNorm"),
                ("inner", "intermediate.dense"),
                ("outer", "output.dense"),
                ("last_norm", "output.LayerNorm"),
            )
        }
    state = {
        f"{ours}.{kind}": published[f"{theirs}.{kind}"]
        for ours, theirs in places.items()
        for kind in ("weight", "bias")
        if f"{theirs}.{kind}" in published
    }
    for i in range(LAYERS):
        for kind in ("weight", "bias"):
            parts = (f"encoder.layer.{i}.attention.self.{part}.{kind}" for part in _ATTENTION)
            state[f"layers.{i}.read.{kind}"] = torch.cat([published[part] for part in parts])
    encoder.load_state_dict(state)
    return encoder


_ATTENTION: Final = ("query", "key", "value")


def padded(pairs: Sequence[tuple[list[int], int]], padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers, sides and mask of pairs, each given as its pieces and where its claim begins."""
    shape = (len(pairs), max(len(ids) for ids, _ in pairs))
    ids = torch.full(shape, padding)
    sides = torch.zeros(shape, dtype=torch.long)
    mask = torch.zeros(shape)
    for row, (numbers, claim_at) in enumerate(pairs):
        ids[row, : len(numbers)] = torch.tensor(numbers)
        sides[row, claim_at : len(numbers)] = 1
        mask[row, : len(numbers)] = 1
    return ids, sides, mask


TEXTS_AT_ONCE: Final = 64


@torch.no_grad()
def unit_vectors(encoder: Encoder, texts: Sequence[list[int]], padding: int) -> NDArray[np.float32]:
    """Mean states of texts (pieces with start and end), normalised: (texts, WIDTH)."""
    encoder.eval()
    vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), TEXTS_AT_ONCE):
        some = order[start : start + TEXTS_AT_ONCE]
        ids, _, mask = padded([(texts[i], len(texts[i])) for i in some], padding)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = encoder(ids, torch.zeros_like(ids), mask).float()
        means = (states * mask[..., None]).sum(1) / mask.sum(1)[:, None]
        vectors[some] = functional.normalize(means, dim=-1).numpy()
    return vectors


class Vectors:
    """Unit vectors of texts by an encoder as it is now, each made once."""

    def __init__(self, encoder: Encoder, pieces: WordPiece) -> None:
        self._encoder = encoder
        self._pieces = pieces
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (texts, dimensions)."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        cut = [cut_up(self._pieces, text) for text in new]
        made = unit_vectors(self._encoder, cut, self._pieces.padding)
        self._known.update(zip(new, made, strict=True))
        return np.array([self._known[text] for text in texts])


def cut_up(pieces: WordPiece, text: str) -> list[int]:
    """A text as the sentence encoder reads it."""
    return [pieces.start, *pieces.ids(normalise(text), READ_PIECES), pieces.end]
