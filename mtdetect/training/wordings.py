"""Which words engines and spinners substitute, counted in parallel and comparable texts.

- *Variation*: a line by a person is aligned with the same line by an engine. Where they differ in one word between equal words, the
  two words are wordings of each other. Translators and engines vary in all directions, so this gives a thesaurus of current
  English ("district" and "region", "cent" and "percent").
- *Spinner words*: words that are more frequent in a real spinner's output than in other texts of the same fields. This needs no
  originals.
- *Favoured words*: the same ratio, but where counts are missing it is predicted from properties of the word. The spinner's output has
  only 39,000 words, so most of its substitutes do not occur in it. They have properties in common: they are rare synonyms of common
  words that the spinner replaces, and rare in the register of papers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from mtdetect.text import Vocabulary, read
from mtdetect.text.arrays import F64
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import corpus

PARALLEL = (
    "mt_train",
    "essays_round_trip_train",
    "claims_round_trip_train",
    "sentences_mt_post_edit_train",
)
SPUN = "science_spun_round_trip_train"

VERSIONS = 12
"""Largest number of machine versions read for one text. The test sets have up to thirty and would dominate the counts."""

LONGEST = 120
"""Largest number of words in a line that is aligned; longer ones are paragraphs, which align badly."""

PRIOR_WORDS = 4000.0
"""Weight of human English in general against the other scientific texts, as a number of words."""

FAVOURED_PRIOR_WORDS, PREDICTION_COUNT, PREDICTION_POWER = 16_000.0, 0.3, 2.0
"""For favoured words: the same weight, the number of occurrences that a prediction counts for, and the power to which the predicted ratio
is raised, because the trees shrink it towards 1. Share of the 2,655 tortured phrases found, in sentences, at 90 % precision with one
threshold for all: 59.5 % with ``spinner_words``; 60.2 % with this weight and 0.3 occurrences but no prediction; 63.9 % with the prediction
(power 1: 61.9 %, 3: 64.7 %; the area under the curve is largest at 2). Measured with more properties than were kept."""

PREDICTION_TREES = {
    "max_iter": 80,
    "learning_rate": 0.08,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 0,
}
"""Small, because they are fitted to a few thousand words."""

FOLDS, STEM = 5, 5
"""Folds of the vocabulary, each predicted from the others, and the number of first letters that decide the fold, so that the forms of
a word share one."""


def _lines(text: str, vocabulary: Vocabulary) -> list[list[int]]:
    batch = read(text.split("\n"), vocabulary, identify=False)
    return [batch.ids[a:b].tolist() for a, b in zip(batch.first[:-1], batch.first[1:], strict=True)]


def variation(
    data: Path, vocabulary: Vocabulary, function: npt.NDArray[np.bool_]
) -> Counter[tuple[int, int]]:
    """Count which content words replace each other in versions of one text.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
        Gives each word its number.
    function : ndarray of bool
        Whether each word is a function word; these are skipped.

    Returns
    -------
    Counter
        Occurrences of (number in the machine's line, number in the person's line).
    """
    from rapidfuzz.distance import Levenshtein

    found: Counter[tuple[int, int]] = Counter()
    for name in PARALLEL:
        versions: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
            key = record.get("node") or record["group"]
            versions[key][record["label"] != "original"].append(record["text"])
        for people, machines in versions.values():
            written = [_lines(text, vocabulary) for text in people[:2]]
            for text in machines[:VERSIONS] if written else ():
                made = _lines(text, vocabulary)
                for theirs in written:
                    if len(theirs) != len(made):
                        continue
                    for ours, other in zip(made, theirs, strict=True):
                        if max(len(ours), len(other)) > LONGEST:
                            continue
                        for step in Levenshtein.opcodes(ours, other):
                            if (
                                step.tag == "replace"
                                and step.src_end - step.src_start == step.dest_end - step.dest_start == 1
                            ):
                                found[ours[step.src_start], other[step.dest_start]] += 1
    return Counter(
        {
            (a, b): n
            for (a, b), n in found.items()
            if min(a, b) >= FIRST_WORD and not function[a] and not function[b]
        }
    )


def _occurrences(data: Path, vocabulary: Vocabulary) -> tuple[F64, F64]:
    """Count each word in the texts that are not spun, and in the spinner's texts."""
    texts: tuple[list[str], list[str]] = ([], [])
    for record in corpus.records(data / "labelled" / f"{SPUN}.jsonl.gz"):
        texts[record["label"] == "spun"].append(record["text"])
    others, spun = (
        np.bincount(batch.ids[batch.ids >= FIRST_WORD], minlength=len(vocabulary)).astype(np.float64)
        for batch in (read(side, vocabulary, identify=False) for side in texts)
    )
    return others, spun


def _expected(others: F64, counts: npt.NDArray[Any], prior: float) -> F64:
    """Expected share of each word in such texts, smoothed by ``prior`` words of human English in general."""
    usual = np.maximum(counts, 0) / max(float(np.sum(counts)), 1.0)
    expected: F64 = (others + prior * usual) / (others.sum() + prior)
    return expected


def spinner_words(data: Path, vocabulary: Vocabulary, counts: npt.NDArray[Any]) -> F64:
    """How much more frequent each word is in a real spinner's texts than in other texts of the same fields.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
    counts : ndarray, shape (len(vocabulary),)
        Counts in human English in general, for smoothing.

    Returns
    -------
    ndarray of float64, shape (len(vocabulary),)
        Logarithm of the ratio of the two frequencies, each with one occurrence added; negative for words that spinners replace.
    """
    others, spun = _occurrences(data, vocabulary)
    expected = spun.sum() * _expected(others, counts, PRIOR_WORDS)
    ratio: F64 = np.log((spun + 1) / (expected + 1))
    return ratio


def favoured(
    data: Path,
    vocabulary: Vocabulary,
    counts: npt.NDArray[Any],
    by_sense: Mapping[int, set[int]],
    properties: npt.NDArray[Any],
) -> F64:
    """How much a real spinner favours each word: counted where there are counts, otherwise predicted from its properties.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
    counts : ndarray, shape (len(vocabulary),)
        Counts in human English in general.
    by_sense : mapping of int to set of int
        Thesaurus, as returned by ``neighbours.synonyms``.
    properties : ndarray, shape (m, p)
        Properties of the ``m`` most frequent words; rarer words have none.

    Returns
    -------
    ndarray of float64, shape (len(vocabulary),)
        Log ratio of the frequency in a spinner's texts to that in others; 0 for words without properties.
    """
    others, spun = _occurrences(data, vocabulary)
    expected = spun.sum() * _expected(others, counts, FAVOURED_PRIOR_WORDS)
    known = len(properties)
    spun, expected = spun[:known], expected[:known]
    columns = np.column_stack([np.log(counts[:known] + 0.5), properties, _synonyms(by_sense, spun, expected)])
    predicted = _predicted(columns, vocabulary, spun, expected, others[:known] + spun > 0)
    ratio = np.zeros(len(vocabulary))
    ratio[:known] = np.log((spun + PREDICTION_COUNT * np.exp(predicted)) / (expected + PREDICTION_COUNT))
    return ratio


def _synonyms(by_sense: Mapping[int, set[int]], spun: F64, expected: F64) -> F64:
    """Logarithms of the number of synonyms of each word, and of how much rarer they are in the spinner's texts than expected."""
    columns = np.zeros((len(spun), 2))
    for word, others in by_sense.items():
        own = sorted(other for other in others if other < len(spun))
        if own and word < len(spun):
            columns[word] = math.log1p(len(own)), math.log((expected[own].sum() + 1) / (spun[own].sum() + 1))
    return columns


def _predicted(
    columns: F64,
    vocabulary: Vocabulary,
    spun: F64,
    expected: F64,
    seen: npt.NDArray[np.bool_],
) -> F64:
    """Log ratio predicted from the properties of each word, by trees fitted to the other folds."""
    numbers = np.arange(FIRST_WORD, len(columns))
    part = np.zeros(len(columns), np.int64)
    part[numbers] = [int(FOLDS * corpus.chance("kind", vocabulary.word(k)[:STEM])) for k in numbers.tolist()]
    seen[:FIRST_WORD] = False
    ratio = np.zeros(len(columns))
    for fold in range(FOLDS):
        shown = np.flatnonzero(seen & (part != fold))
        weight = np.concatenate([spun[shown], expected[shown]])
        label = np.arange(len(weight)) < len(shown)
        used = weight > 0
        if len(np.unique(label[used])) < 2:
            continue
        trees = HistGradientBoostingClassifier(**PREDICTION_TREES).fit(
            np.concatenate([columns[shown]] * 2)[used],
            label[used],
            sample_weight=weight[used] / weight[used].mean(),
        )
        own = np.flatnonzero(part == fold)
        ratio[own] = PREDICTION_POWER * trees.decision_function(columns[own])
    ratio[:FIRST_WORD] = 0
    return ratio
