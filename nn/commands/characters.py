"""Character models: what they are, how they are trained, sampled, saved and loaded.

    ngram   the embeddings of the last characters, side by side, through one hidden layer
    lstm    embeddings, an LSTM, at every position a prediction
    gpt     embeddings and positions, a block of causal attention and a small network, likewise

A model reads `block_size` tokens and returns logits: of the next character, or of the next one at
each position, one after the other. Invariant: what a file holds is checked before a model is
built by it, and no more weights are made than it has.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import nn
from autograd import Value, logsumexp, take
from nn.checks import Array, check_size
from nn.commands import record as records
from nn.commands.record import MAX_BYTES
from nn.data import Text
from nn.files.architecture import Builder
from nn.files.document import document
from nn.files.strict_json import read

LETTER = 8  # numbers that stand for a character, where that is not the width of the model
HEADS = 4


@dataclass(frozen=True)
class Settings:
    """What builds a character model, and `start`, a piece of text to go on from.

    Raises `ValueError` where the fields do not fit each other.
    """

    model: str
    vocabulary: str
    block_size: int
    width: int
    dropout: float
    start: str

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"`model` must be one of {', '.join(MODELS)}, got {self.model!r:.40}")
        for name in ("vocabulary", "start"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"`{name}` must be text, got {getattr(self, name)!r:.40}")
        check_size("block_size", self.block_size)
        check_size("width", self.width)
        known = Text("the vocabulary", self.vocabulary, self.vocabulary)
        if len(known.encode(self.start)) != self.block_size:
            raise ValueError(f"`start` must have {self.block_size} characters")

    def build(self, **how: Any) -> nn.Module:
        """Return the model, its weights drawn as `how` says."""
        return MODELS[self.model](self, how)


class Ngram(nn.Module):
    """The next character from the last ones, each an embedding (Bengio et al. 2003)."""

    def __init__(self, settings: Settings, how: dict[str, Any]) -> None:
        n, width = len(settings.vocabulary), settings.width
        self.table = nn.Embedding(n, LETTER, **how)
        inputs = settings.block_size * LETTER
        self.hidden = nn.Layer(inputs, width, activation="tanh", **how)
        self.between = nn.Dropout(settings.dropout, seed=how.get("rng", 0))
        self.head = nn.Linear(width, n, **how)

    def forward(self, tokens: Any) -> list[Value]:
        """Return the logits of the next character."""
        letters = [v for letter in self.table(tokens) for v in letter]
        logits: list[Value] = self.head(self.between(self.hidden(letters)))
        return logits


class LSTM(nn.Module):
    """The next character at each position, from all before it in the window."""

    def __init__(self, settings: Settings, how: dict[str, Any]) -> None:
        n = len(settings.vocabulary)
        self.table = nn.Embedding(n, LETTER, **how)
        self.body = nn.LSTM(LETTER, settings.width, **how)
        self.between = nn.Dropout(settings.dropout, seed=how.get("rng", 0))
        self.head = nn.Linear(settings.width, n, **how)

    def forward(self, tokens: Any) -> list[Value]:
        """Return the logits at all positions, one after the other."""
        answers, _ = self.body(self.table(tokens))
        return [v for answer in self.between(answers) for v in self.head(answer)]


class GPT(nn.Module):
    """One block of GPT-2: attention, then a network, each added to what came in (Radford 2019)."""

    def __init__(self, settings: Settings, how: dict[str, Any]) -> None:
        n, width = len(settings.vocabulary), settings.width
        small = {"init": lambda rng, *_: rng.gauss(0.0, 0.1)} | how
        self.table = nn.Embedding(n, width, **small)
        self.places = nn.PositionalEmbedding(settings.block_size, width, **small)
        self.first, self.second = nn.LayerNorm(width, **how), nn.LayerNorm(width, **how)
        heads = max(h for h in range(1, HEADS + 1) if width % h == 0)
        self.attention = nn.MultiHeadAttention(width, heads, settings.dropout, **how)
        self.inner = nn.Layer(width, 4 * width, activation="gelu", **how)
        self.outer = nn.Linear(4 * width, width, **how)
        self.last, self.head = nn.LayerNorm(width, **how), nn.Linear(width, n, **how)

    def forward(self, tokens: Any) -> list[Value]:
        """Return the logits at all positions, one after the other."""
        x = self.places(self.table(tokens))
        normed = self.first(x)
        answers, _ = self.attention(normed, normed, normed, need_weights=False, is_causal=True)
        x = _plus(x, answers)
        x = _plus(x, [self.outer(self.inner(v)) for v in self.second(x)])
        return [v for vector in self.last(x) for v in self.head(vector)]


def _plus(a: list[list[Value]], b: list[list[Value]]) -> list[list[Value]]:
    return [[x + y for x, y in zip(v, w, strict=True)] for v, w in zip(a, b, strict=True)]


MODELS: dict[str, Callable[[Settings, dict[str, Any]], nn.Module]] = {
    "ngram": Ngram,
    "lstm": LSTM,
    "gpt": GPT,
}


def examples(text: Text, settings: Settings) -> tuple[Array, Array]:
    """Return windows and the characters that follow, one for an n-gram, else at each position."""
    single = settings.model == "ngram"
    X, y = text.windows(settings.block_size, 1 if single else settings.block_size)
    return X, y[:, -1] if single else y


def surprise(output: list[Value], target: Any) -> Value:
    """Return the mean of -log p over the positions, `target` the tokens that followed."""
    targets = target if isinstance(target, list | tuple) else [target]
    n = len(output) // len(targets)
    terms = [
        logsumexp(output[k * n : (k + 1) * n]) - take(output[k * n : (k + 1) * n], token)
        for k, token in enumerate(targets)
    ]
    mean: Value = sum(terms[1:], terms[0]) / len(terms)
    return mean


def score(model: nn.Module, X: Array, y: Array, classes: int) -> float:
    """Return the mean of -log p of all characters that followed, in nats."""
    logits = nn.predict(model, X).reshape(-1, classes)
    logits = logits - logits.max(axis=1, keepdims=True)
    chosen = logits[np.arange(y.size), y.reshape(-1)]
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen))


def frequencies(text: Text, of: Text) -> float:
    """Return the same for a model that knows how often each character of `text` comes."""
    counts = np.bincount(text.encode(text.text), minlength=len(text.vocabulary)) + 1.0
    return float(-np.mean(np.log(counts / counts.sum())[text.encode(of.text)]))


def sample(model: nn.Module, settings: Settings, characters: int, seed: int) -> str:
    """Return so many characters that the model draws, each from its own probabilities."""
    known = Text("the vocabulary", settings.vocabulary, settings.vocabulary)
    n, rng = len(known.vocabulary), np.random.default_rng(seed)
    tokens = known.encode(settings.start)
    for _ in range(characters):
        logits = nn.predict(model, [tokens[-settings.block_size :]])[0][-n:]
        p = np.exp(logits - logits.max())
        tokens.append(int(rng.choice(n, p=p / p.sum())))
    return known.decode(tokens[settings.block_size :])


def save(model: nn.Module, path: str, settings: Settings, training: dict[str, Any]) -> None:
    """Write model and settings to `path`; raises as `nn.save_checkpoint`."""
    nn.save_checkpoint(model, path, text=asdict(settings), training=training, rng=None)


def load(path: str) -> tuple[nn.Module, Settings, dict[str, Any]]:
    """Return model, settings and what is said of its training; raises `LoadError`, `OSError`."""
    saved = document(read(path, MAX_BYTES))
    fields = saved.checkpoint.fields(["optimizer", "schedule", "generators", "extra"])
    if "record" in fields["extra"].members():
        raise nn.LoadError(f"{path}: holds a network for tables or images, and none for a text")
    item = fields["extra"].fields(["text", "training"])["text"]
    try:
        settings = Settings(**{name: item.fields(FIELDS)[name].value for name in FIELDS})
        count = sum(len(w) if type(w) is list else 1 for w in saved.weights.members().values())
        model = settings.build(init=Builder(saved.weights, count).draw)
    except nn.LoadError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        item.fail(str(error))
    extra = nn.load_checkpoint(path, model, max_bytes=MAX_BYTES)
    fields["extra"].under("training", extra["training"]).members()
    return model, settings, extra["training"]


def load_for_tables(path: str) -> tuple[nn.Module, records.Record]:
    """Return what `records.load` does; a model of a text is told by name."""
    try:
        return records.load(path)
    except nn.LoadError as problem:
        try:
            load(path)
        except nn.LoadError:
            raise problem from None
        raise nn.LoadError(
            f"{path}: holds a model of a text: `train --text FILE` goes on with it, "
            "`predict --sample N` lets it write"
        ) from None


FIELDS = list(Settings.__dataclass_fields__)
