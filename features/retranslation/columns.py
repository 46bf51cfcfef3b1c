"""Columns of a text from what the engine says of its tokens.

Machine-translated English is what an engine would have written: more tokens are its first choice, and the others lie closer to it. Spun
English lies at the other end. How much that says depends on how sure the engine is and on what kind of token it is, so shares and gaps
are measured within bands of entropy and for each class of token as well, and over sentences.

Sources: ranks of given tokens, Gehrmann, Strobelt and Rush 2019 (GLTR); log-probability against its expectation, Mitchell et al. 2023
(DetectGPT) and Bao et al. 2024 (Fast-DetectGPT, the analytic form).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mtdetect.features.columns import in_order
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.english import FUNCTION_WORDS

RANKS = (0, 1, 3, 9, 99, 999)
"""Shares of tokens with more than so many tokens that are more probable."""

GAPS = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0)
"""Shares of tokens whose log-probability lies so many nats below that of the first choice."""

CLIPS = (1.0, 3.0, 8.0)
"""Nats at which a gap is clipped before the mean is taken: one odd name weighs as much as a plain error, not more."""

CLIP = 6.0
"""The same within bands, classes and sentences."""

QUANTILES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Quantiles of the log-probability of tokens."""

BANDS = (0.1, 0.4, 1.0, 1.8, 2.8)
"""Entropies in nats at which one band ends and the next begins. Of the tokens of the texts that the model learns from they hold 66, 16, 14, 3.2,
0.5 and 0.05 %: the engine is mostly sure. Without the columns by band the AUC is the same (``benchmarks/retranslation_gain.py``)."""

LEAST = 3
"""Tokens that a band or class needs; with fewer its columns are NaN."""

CLASSES = ("article", "function", "name", "content", "number", "continuation", "mark", "end")
"""Classes of tokens. ``continuation``: a piece of a word that another piece began; ``end``: of the sentence, which has no columns."""

ARTICLES = frozenset({"a", "an", "the"})

_FUNCTION = frozenset(FUNCTION_WORDS) - ARTICLES
_WORD = re.compile(r"\w+")

NAMES = (
    *(f"rank>{rank}" for rank in RANKS),
    *(f"gap>{gap:g}" for gap in GAPS),
    *(f"gap<{clip:g}" for clip in CLIPS),
    *(f"log_probability.q{round(100 * share)}" for share in QUANTILES),
    "log_probability",
    "entropy",
    "best",
    "surplus",
    "surplus_spread",
    "surplus_deviate",
    *(f"band{k}.{what}" for k in range(len(BANDS) + 1) for what in ("share", "first", "gap")),
    *(f"{name}.{what}" for name in CLASSES[:-1] for what in ("first", "gap")),
    *(f"sentences.{what}.{how}" for what in ("first", "gap") for how in ("spread", "q10", "q50", "q90")),
)
"""Names of the columns, in order."""


def measure(answers: Sequence[TextScores]) -> F64:
    """Measure texts.

    Parameters
    ----------
    answers : sequence of TextScores
        What the engine says of each text.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        NaN for what cannot be measured.
    """
    rows = [_row(answer) if answer.sentences else np.full(len(NAMES), np.nan) for answer in answers]
    return np.array(rows).reshape(-1, len(NAMES))


def first_choices(answer: TextScores) -> float:
    """Share of tokens that are the engine's first choice; NaN if it was asked about none.

    Parameters
    ----------
    answer : TextScores
        What the engine says of a text.

    Returns
    -------
    float
        From 0 to 1.
    """
    if not answer.sentences:
        return float("nan")
    return float(np.mean(np.concatenate([one.rank for one in answer.sentences]) == 0))


def gaps(answer: TextScores, starts: I64) -> tuple[F64, F64]:
    """Gaps to the engine's first choice, summed over each sentence of a text.

    Parameters
    ----------
    answer : TextScores
        What the engine says of the text.
    starts : ndarray of int64, shape (n_sentences,)
        Where the sentences begin, rising; the engine may have been given a long one in parts.

    Returns
    -------
    tokens, gaps : ndarray of float64, shape (n_sentences,)
        Number of tokens, and the sum of their gaps in nats, each clipped at ``CLIP``; 0 for sentences that were not asked about.
    """
    at = np.searchsorted(starts, answer.spans[:, 0], side="right") - 1
    counts = [len(one.ids) for one in answer.sentences]
    sums = [np.minimum(one.best - one.log_probability, CLIP).sum() for one in answer.sentences]
    tokens = np.bincount(at, counts, len(starts)).astype(np.float64)
    return tokens, np.bincount(at, sums, len(starts)).astype(np.float64)


def _row(answer: TextScores) -> F64:
    """Columns of one text."""
    sentences = answer.sentences
    log_probability = np.concatenate([one.log_probability for one in sentences]).astype(np.float64)
    rank = np.concatenate([one.rank for one in sentences])
    best = np.concatenate([one.best for one in sentences]).astype(np.float64)
    entropy = np.concatenate([one.entropy for one in sentences]).astype(np.float64)
    token_class = np.concatenate([token_classes(answer, k) for k in range(len(sentences))])
    sentence = np.repeat(np.arange(len(sentences)), [len(one.ids) for one in sentences])
    gap = best - log_probability
    clipped = np.minimum(gap, CLIP)
    first = (rank == 0).astype(np.float64)
    # What a token is more probable than one drawn from the engine's own distribution would be on average.
    surplus = log_probability + entropy
    columns: dict[str, float] = {
        **{f"rank>{k}": float(np.mean(rank > k)) for k in RANKS},
        **{f"gap>{k:g}": float(np.mean(gap > k)) for k in GAPS},
        **{f"gap<{k:g}": np.minimum(gap, k).mean() for k in CLIPS},
        **{
            f"log_probability.q{round(100 * share)}": value
            for share, value in zip(QUANTILES, np.quantile(log_probability, QUANTILES), strict=True)
        },
        "log_probability": log_probability.mean(),
        "entropy": entropy.mean(),
        "best": best.mean(),
        "surplus": surplus.mean(),
        "surplus_spread": surplus.std(),
        "surplus_deviate": surplus.sum() / np.sqrt((entropy**2).sum() * len(entropy) + 1e-6),
    }
    band = np.searchsorted(BANDS, entropy)
    for k in range(len(BANDS) + 1):
        inside = band == k
        columns[f"band{k}.share"] = inside.mean()
        columns[f"band{k}.first"], columns[f"band{k}.gap"] = _means(first, clipped, inside)
    for k, name in enumerate(CLASSES[:-1]):
        columns[f"{name}.first"], columns[f"{name}.gap"] = _means(first, clipped, token_class == k)
    sizes = np.bincount(sentence)
    for what, values in (("first", first), ("gap", clipped)):
        means = np.bincount(sentence, values) / sizes
        columns[f"sentences.{what}.spread"] = means.std() if len(means) > 1 else np.nan
        for share, value in zip((10, 50, 90), np.quantile(means, (0.1, 0.5, 0.9)), strict=True):
            columns[f"sentences.{what}.q{share}"] = value
    return np.array(in_order({name: np.asarray(value) for name, value in columns.items()}, NAMES))


def _means(first: F64, clipped: F64, inside: Mask) -> tuple[float, float]:
    """Share of first choices and mean gap of some tokens; NaN if there are too few."""
    if np.count_nonzero(inside) < LEAST:
        return np.nan, np.nan
    return float(first[inside].mean()), float(clipped[inside].mean())


def token_classes(answer: TextScores, k: int) -> I64:
    """Class of each token of the ``k``-th sentence that the engine was asked about, as indices into ``CLASSES``.

    Parameters
    ----------
    answer : TextScores
        What the engine says of a text.
    k : int
        Index of the sentence in ``answer.sentences``.

    Returns
    -------
    ndarray of int64, shape (n_tokens,)
        The last token is the end of the sentence.
    """
    text, scores = answer.texts[k], answer.sentences[k]
    spans = zip(scores.start[:-1].tolist(), scores.end[:-1].tolist(), strict=True)
    found = [CLASSES.index(_class(text, start, end)) for start, end in spans]
    return np.array([*found, CLASSES.index("end")], np.int64)


def _class(text: str, start: int, end: int) -> str:
    """Class of one token by its span."""
    piece = text[start:end]
    if any(character.isdigit() for character in piece):
        return "number"
    if not any(character.isalpha() for character in piece):
        return "mark"
    if start > 0 and text[start - 1].isalnum():
        return "continuation"
    match = _WORD.match(text, start)
    word = match.group() if match else piece
    if word.lower() in ARTICLES:
        return "article"
    if word.lower() in _FUNCTION:
        return "function"
    # The first word of a sentence has a capital anyway.
    return "name" if start > 0 and word[0].isupper() else "content"
