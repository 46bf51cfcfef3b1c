"""What machines put in the place of people's words, read off texts that stand side by side.

- *Variation*: the same line as a person and as an engine worded it. Where the two differ in one word between words that
  agree, each is a wording of the other. Translators and engines vary in all directions, so this is a thesaurus of
  today's English that nobody wrote ("district" and "region", "cent" and "percent").
- *Spinners' words*: what stands in a real spinner's output more often than in other versions of such texts. Originals are not
  needed, only text of the same fields.
- *Favoured words*: the same, with what a word's kind foretells in the place of sightings that are missing. The output at hand has
  39,000 words, in which most substitutes never stand; but they are of a kind: seldom used synonyms of common words that
  the spinner was seen to replace, and strangers to the register of papers.
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
"""Machine versions of one text that are read; the test sets have up to thirty, which would drown the others."""

LONGEST = 120
"""Words of a line that is aligned; longer ones are paragraphs, whose alignment goes astray."""

PRIOR_WORDS = 4000.0
"""Weight of people's English at large against the other scientific texts, in words."""

KIND_PRIOR_WORDS, KIND_SIGHTINGS, KIND_POWER = 16_000.0, 0.3, 2.0
"""For favoured words: that weight, the sightings that a word's kind is worth, and the power of what the kind foretells, which the trees
draw towards 1. On the 2,655 tortured phrases, in sentences, at 90 % precision with one threshold for all: 59.5 % found with
``spinner_words``, 60.2 % with this weight and 0.3 sightings of no kind, 63.9 % with kinds (power 1: 61.9, 3: 64.7 %; the area under
the curve is best at 2); measured with more columns of kinds than were kept."""

KIND_TREES = {
    "max_iter": 80,
    "learning_rate": 0.08,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 0,
}
"""Small, because a few thousand words teach them."""

FOLDS, STEM = 5, 5
"""Parts of the vocabulary, each foretold from the others, and letters that keep the forms of a word in one part."""


def _lines(text: str, vocabulary: Vocabulary) -> list[list[int]]:
    batch = read(text.split("\n"), vocabulary, identify=False)
    return [batch.ids[a:b].tolist() for a, b in zip(batch.first[:-1], batch.first[1:], strict=True)]


def variation(
    data: Path, vocabulary: Vocabulary, function: npt.NDArray[np.bool_]
) -> Counter[tuple[int, int]]:
    """Count which content word stands for which in versions of one text.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
        Whose numbers are counted.
    function : ndarray of bool
        Function words, which are left out.

    Returns
    -------
    Counter
        Sightings of (number in the machine's line, number in the person's line).
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


def _sightings(data: Path, vocabulary: Vocabulary) -> tuple[F64, F64]:
    """Count each word in texts of the spinner's fields by others, and by the spinner."""
    texts: tuple[list[str], list[str]] = ([], [])
    for record in corpus.records(data / "labelled" / f"{SPUN}.jsonl.gz"):
        texts[record["label"] == "spun"].append(record["text"])
    others, spun = (
        np.bincount(batch.ids[batch.ids >= FIRST_WORD], minlength=len(vocabulary)).astype(np.float64)
        for batch in (read(side, vocabulary, identify=False) for side in texts)
    )
    return others, spun


def _expected(others: F64, counts: npt.NDArray[Any], prior: float) -> F64:
    """Share of each word in such texts, drawn towards people's English at large by ``prior`` words."""
    usual = np.maximum(counts, 0) / max(float(np.sum(counts)), 1.0)
    expected: F64 = (others + prior * usual) / (others.sum() + prior)
    return expected


def spinner_words(data: Path, vocabulary: Vocabulary, counts: npt.NDArray[Any]) -> F64:
    """How much more often each word stands in a real spinner's texts than in others of their fields.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
    counts : ndarray, shape (len(vocabulary),)
        Of people's English at large, which smooths the comparison.

    Returns
    -------
    ndarray of float64, shape (len(vocabulary),)
        Logarithm of the ratio of the two frequencies, each with one sighting added; below 0 for words that spinners replace.
    """
    others, spun = _sightings(data, vocabulary)
    expected = spun.sum() * _expected(others, counts, PRIOR_WORDS)
    ratio: F64 = np.log((spun + 1) / (expected + 1))
    return ratio


def favoured(
    data: Path,
    vocabulary: Vocabulary,
    counts: npt.NDArray[Any],
    by_sense: Mapping[int, set[int]],
    kinds: npt.NDArray[Any],
) -> F64:
    """How much a real spinner favours each word, as far as seen and else as its kind foretells.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
    counts : ndarray, shape (len(vocabulary),)
        Of people's English at large.
    by_sense : mapping of int to set of int
        Thesaurus, as ``neighbours.thesaurus`` gives it.
    kinds : ndarray, shape (m, p)
        What is known of the ``m`` commonest words; rarer ones have no kind.

    Returns
    -------
    ndarray of float64, shape (len(vocabulary),)
        Log ratio of the frequency in a spinner's texts to that in others; 0 for words without a kind.
    """
    others, spun = _sightings(data, vocabulary)
    expected = spun.sum() * _expected(others, counts, KIND_PRIOR_WORDS)
    known = len(kinds)
    spun, expected = spun[:known], expected[:known]
    columns = np.column_stack([np.log(counts[:known] + 0.5), kinds, _synonyms(by_sense, spun, expected)])
    foretold = _foretold(columns, vocabulary, spun, expected, others[:known] + spun > 0)
    ratio = np.zeros(len(vocabulary))
    ratio[:known] = np.log((spun + KIND_SIGHTINGS * np.exp(foretold)) / (expected + KIND_SIGHTINGS))
    return ratio


def _synonyms(by_sense: Mapping[int, set[int]], spun: F64, expected: F64) -> F64:
    """How many synonyms each word has, and how far the spinner did without them, logarithms."""
    columns = np.zeros((len(spun), 2))
    for word, others in by_sense.items():
        own = sorted(other for other in others if other < len(spun))
        if own and word < len(spun):
            columns[word] = math.log1p(len(own)), math.log((expected[own].sum() + 1) / (spun[own].sum() + 1))
    return columns


def _foretold(
    columns: F64,
    vocabulary: Vocabulary,
    spun: F64,
    expected: F64,
    seen: npt.NDArray[np.bool_],
) -> F64:
    """Log ratio that the kind of each word foretells, by trees that were not shown the word."""
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
        trees = HistGradientBoostingClassifier(**KIND_TREES).fit(
            np.concatenate([columns[shown]] * 2)[used],
            label[used],
            sample_weight=weight[used] / weight[used].mean(),
        )
        own = np.flatnonzero(part == fold)
        ratio[own] = KIND_POWER * trees.decision_function(columns[own])
    ratio[:FIRST_WORD] = 0
    return ratio
