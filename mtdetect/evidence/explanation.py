"""Why: sentences, evidence and reasons behind a score.

- *Sentences*: where in the text the damage lies (``mtdetect.model.sentences``).
- *Evidence*: words that another wording would fit much better, with that wording, and surface errors.
- *Reasons*: the measurements that moved the score most, in words.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from mtdetect.evidence import homographs, name_variants, repeated_passages, substituted_words, surface_errors
from mtdetect.features.view import View
from mtdetect.model import classifier
from mtdetect.model.sentences import SentenceModel, measure
from mtdetect.text.arrays import F64, I64
from mtdetect.text.segments import bounds
from mtdetect.verdict import Evidence, Reason, SentenceScore

_sentence = partial(tuple.__new__, SentenceScore)  # skips a call of Python: half of the time of dozens a text

MOST_EVIDENCE = 200
REASONS = 5

MOST_PLACES = 22
"""Up to here powers of ten are exact as floating-point numbers."""

_POWERS = np.array([10.0**place for place in range(MOST_PLACES + 1)])

MEANINGS = {
    "fluency.surprisal": ("words come more expected than people's", "words come less expected than people's"),
    "fluency.gain_of_bigram": (
        "neighbouring words do not know each other",
        "neighbouring words are unusually familiar",
    ),
    "fluency.content_pmi": ("content words keep strange company", "content words keep very usual company"),
    "fluency.fit_both": ("words do not fit their neighbours", "words fit their neighbours unusually well"),
    "fluency.unseen_excess": ("few word pairs are new", "many word pairs that people do not use"),
    "fluency.unseen_content_pairs": (
        "few content word pairs are new",
        "many content word pairs that people do not use",
    ),
    "collocations.gain": ("hardly a word could be bettered", "many words have a much better substitute"),
    "collocations.gain_of_synonym": (
        "hardly a word could be bettered",
        "many words have a synonym that fits better",
    ),
    "surface_errors.wrong_article": ("articles are right", "“a” and “an” are mixed up"),
    "surface_errors.doubled_words": ("no words are doubled", "words are doubled"),
    "surface_errors.small_starts": ("sentences begin with capitals", "sentences begin in lower case"),
    "surface_errors.loops": ("nothing loops", "the same words come back in a loop"),
    "richness.the": ("“the” is rare", "“the” is overused"),
    "richness.of": ("“of” is rare", "“of” is overused"),
    "richness.contractions": ("contractions are rare", "contractions are frequent"),
    "richness.commas": ("commas are rare", "commas are frequent"),
    "richness.guiraud": ("the vocabulary is narrow", "the vocabulary is wide"),
    "readability.sentence_length": ("sentences are short", "sentences are long"),
    "readability.sentence_length_variation": (
        "sentences are of even length",
        "sentences are of very uneven length",
    ),
    "ngrams.translation": (
        "phrases of people rather than of engines",
        "phrases that translation engines like",
    ),
    "ngrams.round_trip": ("phrases of first writing", "phrases of round trips"),
    "candidates.odds": ("words stand where they belong", "words stand where others belong"),
    "candidates.found": ("no word looks replaced", "words look replaced"),
    "candidates.below_0.01": ("no word looks replaced", "words look replaced"),
    "ngrams.spinning": ("words that spinners replace", "words that spinners like"),
}
"""A column in words, below and above what is usual."""


@dataclass(frozen=True)
class Explanation:
    """What is told about one text."""

    sentences: tuple[SentenceScore, ...]
    evidence: tuple[Evidence, ...]
    reasons: tuple[Reason, ...]


def explain(
    view: View,
    model: classifier.Classifier,
    of_sentences: SentenceModel,
    x: F64,
    leaves: dict[str, I64],
    experts: F64,
    odds: F64,
    typical: F64,
) -> list[Explanation]:
    """Explain the scores of a batch.

    Parameters
    ----------
    view : View
        The batch.
    model : Classifier
        Which scored it.
    of_sentences : SentenceModel
        Judges its sentences.
    x : ndarray, shape (n_texts, n_columns)
        Features.
    leaves : dict of str to ndarray
        What they reach in the trees of each expert.
    experts : ndarray, shape (n_texts, n_experts)
        Strength of each expert's case.
    odds : ndarray, shape (n_texts,)
        Log-odds that each text is degraded.
    typical : ndarray, shape (3, n_columns)
        What is usual for people.

    Returns
    -------
    list of Explanation
        One a text; empty for texts that are not English prose.
    """
    scores = of_sentences.probabilities(measure(view, model.candidates, model.weights, odds, experts))
    sentences = _sentences(view, scores)
    looks_spun = experts[:, classifier.SPINNING] > classifier.ONE_PERCENT
    spans = _evidence(view, model, scores, looks_spun)
    reasons = _reasons(model, x, leaves, experts, odds, typical)
    nothing = Explanation((), (), ())
    return [
        Explanation(sentences[k], spans[k], reasons[k]) if view.batch.reason[k] is None else nothing
        for k in range(len(view))
    ]


def _sentences(view: View, scores: F64) -> list[tuple[SentenceScore, ...]]:
    batch = view.batch
    first, tokens = batch.sentence_first, batch.tokens
    start, end = batch.spans(
        batch.sentence_doc, tokens.start.take(first[:-1]), tokens.end.take(first[1:] - 1)
    )
    rows = zip(start.tolist(), end.tolist(), four_digits(scores).tolist(), strict=True)
    told = list(map(_sentence, rows))
    of_text = bounds(batch.sentence_doc, len(batch)).tolist()
    return [tuple(told[begin:stop]) for begin, stop in itertools.pairwise(of_text)]


def four_digits(scores: F64) -> F64:
    """Scores from 0 to 1 rounded to four significant digits, each as ``float(f"{score:.4g}")``, in a tenth of the time."""
    power = np.clip(3 - np.floor(np.log10(np.maximum(scores, 1e-99))), 3, MOST_PLACES).astype(np.intp)
    scale = _POWERS.take(power)
    scaled = scores * scale
    whole = np.rint(scaled)
    # A whole number below 2**53 by a power of ten that is exact: the quotient is the number that is nearest to those digits.
    rounded = whole / scale
    # The product is rounded itself, so what lies halfway between two numbers is left to exact arithmetic.
    doubtful = (np.abs(np.abs(scaled - whole) - 0.5) < 1e-6) | (power == MOST_PLACES)
    for k in np.flatnonzero(doubtful).tolist():
        rounded[k] = float(f"{scores[k]:.4g}")
    return rounded


def _evidence(
    view: View, model: classifier.Classifier, sentences: F64, looks_spun: npt.NDArray[np.bool_]
) -> list[tuple[Evidence, ...]]:
    found = substituted_words.tell(view, model.candidates, looks_spun)
    for finder in (
        surface_errors.tell(view),
        name_variants.tell(view),
        homographs.tell(view),
        repeated_passages.tell(view, sentences),
    ):
        for own, more in zip(found, finder, strict=True):
            own += more
    return [tuple(sorted(items, key=lambda e: (e.start, e.end))[:MOST_EVIDENCE]) for items in found]


def _reasons(
    model: classifier.Classifier,
    x: F64,
    leaves: dict[str, I64],
    experts: F64,
    odds: F64,
    typical: F64,
) -> list[tuple[Reason, ...]]:
    told: list[tuple[Reason, ...]] = [()] * len(x)
    asked = np.flatnonzero(odds > 0)
    if not len(asked):
        return told
    share = model.shares(experts[asked])
    total = np.zeros((len(asked), x.shape[1]))
    for k, name in enumerate(classifier.EXPERTS):
        matters = np.flatnonzero(share[:, k] > 0.05)
        if len(matters):
            own = model.trees[name].contributions(leaves[name][asked[matters]], x.shape[1])
            total[matters] += share[matters, k : k + 1] * own
    low, high, middle = typical
    for row, k in enumerate(asked.tolist()):
        order = np.argsort(-total[row])[: 4 * REASONS]
        reasons = []
        for j, moved, value in zip(
            order.tolist(), total[row].take(order).tolist(), x[k].take(order).tolist(), strict=True
        ):
            column = classifier.COLUMNS[j]
            if moved <= 0 or math.isnan(value) or column not in MEANINGS:
                continue
            words = MEANINGS[column][int(value > middle[j])]
            reasons.append(Reason(column, words, moved, value, (float(low[j]), float(high[j]))))
        told[k] = tuple(reasons[:REASONS])
    return told
