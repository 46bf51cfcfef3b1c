"""Why: sentences, evidence and reasons behind a score.

- *Sentences*: where in the text the damage lies, by a small linear model on what each sentence and its neighbours show.
- *Evidence*: words that another wording would fit much better, with that wording, and small glitches.
- *Reasons*: the measurements that moved the score most, in words.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import classifier, evidence, passages, slips
from mtdetect.features import ngrams
from mtdetect.features.view import View
from mtdetect.text.segments import bounds, sums
from mtdetect.text.tokens import PUNCTUATION
from mtdetect.verdict import Evidence, Reason, SentenceScore

F64 = npt.NDArray[np.float64]

SENTENCE_COLUMNS = (
    *(f"ngrams.{name}" for name in classifier.NGRAM_MODELS),
    "fit",
    "low_fit",
    "unseen_pairs",
    "gain",
    "log_words",
)
"""What is measured in a sentence."""

TEXT_SHARE = 0.5
"""Part of the whole text's log-odds that each sentence starts from; the rest it has to show itself."""

MOST_EVIDENCE = 200
REASONS = 5

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
    "glitches.wrong_article": ("articles are right", "“a” and “an” are mixed up"),
    "glitches.doubled_words": ("no words are doubled", "words are doubled"),
    "glitches.small_starts": ("sentences begin with capitals", "sentences begin in lower case"),
    "glitches.loops": ("nothing loops", "the same words come back in a loop"),
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
    "sites.odds": ("words stand where they belong", "words stand where others belong"),
    "sites.found": ("no word looks replaced", "words look replaced"),
    "sites.below_0.01": ("no word looks replaced", "words look replaced"),
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
    view: View, model: classifier.Classifier, x: F64, experts: F64, odds: F64, typical: F64
) -> list[Explanation]:
    """Explain the scores of a batch.

    Parameters
    ----------
    view : View
        The batch.
    model : Classifier
        Which scored it.
    x : ndarray, shape (n_texts, n_columns)
        Features.
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
    logits = _sentence_logits(view, model, odds)
    sentences = _sentences(view, logits)
    spans = _evidence(view, model, logits)
    reasons = _reasons(model, x, experts, odds, typical)
    nothing = Explanation((), (), ())
    return [
        Explanation(sentences[k], spans[k], reasons[k]) if view.batch.reason[k] is None else nothing
        for k in range(len(view))
    ]


def sentence_features(view: View, weights: npt.NDArray[np.int8]) -> F64:
    """Measure the sentences of a batch.

    Parameters
    ----------
    view : View
        The batch.
    weights : ndarray of int8, shape (2**ngrams.BITS, n_models)
        Of the n-gram models.

    Returns
    -------
    ndarray of float64, shape (n_sentences, len(SENTENCE_COLUMNS))
    """
    batch, s, content = view.batch, view.stream, view.content
    first = batch.sentence_first
    words = np.maximum(sums(batch.tokens.kind != PUNCTUATION, first), 1)
    single, double = ngrams.looked_up(view, weights).transpose(1, 2, 0)
    columns = [
        sums(np.add(*pair, dtype=np.float64), first) / words * ngrams.PER_WORDS
        for pair in zip(single, double, strict=True)
    ]
    of_stream = np.searchsorted(s.token, first)
    known = np.maximum(sums(content, of_stream), 1)
    gain = np.minimum(view.gains.gain, 10)
    columns += [
        sums(np.clip(view.fit, -6, 8) * content, of_stream) / known,
        sums((view.fit < 0) & content, of_stream) / known,
        sums((view.bigram_left == 0) & content, of_stream) / known,
        sums(gain, np.searchsorted(view.gains.at, of_stream)) / known,
        np.log(words),
    ]
    return np.stack(columns, axis=1)


def smoothed(values: F64, doc: npt.NDArray[Any]) -> F64:
    """Each sentence's value with half of each neighbour's in the same text."""
    total, weight = values.copy(), np.ones(len(values))
    same = doc[1:] == doc[:-1]
    for here, there in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        total[here] += 0.5 * np.where(same, values[there], 0)
        weight[here] += 0.5 * same
    return total / weight


def _sentence_logits(view: View, model: classifier.Classifier, odds: F64) -> F64:
    doc = view.batch.sentence_doc
    logit = sentence_features(view, model.weights) @ model.sentence_weights + model.sentence_intercept
    return smoothed(logit, doc) + TEXT_SHARE * np.clip(odds, -6, 6)[doc]


def _sentences(view: View, logit: F64) -> list[tuple[SentenceScore, ...]]:
    batch = view.batch
    scores = (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).tolist()
    first, tokens = batch.sentence_first, batch.tokens
    start, end = batch.spans(
        batch.sentence_doc, tokens.start.take(first[:-1]), tokens.end.take(first[1:] - 1)
    )
    told = list(map(SentenceScore, start.tolist(), end.tolist(), scores))
    of_text = bounds(batch.sentence_doc, len(batch)).tolist()
    return [tuple(told[begin:stop]) for begin, stop in itertools.pairwise(of_text)]


def _evidence(view: View, model: classifier.Classifier, sentences: F64) -> list[tuple[Evidence, ...]]:
    found = evidence.tell(view, model.sites)
    for finder in (slips.tell(view), passages.tell(view, sentences)):
        for own, more in zip(found, finder, strict=True):
            own += more
    return [tuple(sorted(items, key=lambda e: (e.start, e.end))[:MOST_EVIDENCE]) for items in found]


def _reasons(
    model: classifier.Classifier, x: F64, experts: F64, odds: F64, typical: F64
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
            total[matters] += share[matters, k : k + 1] * model.trees[name].contributions(x[asked[matters]])
    low, high, middle = typical
    for row, k in enumerate(asked.tolist()):
        order = np.argsort(-total[row])[: 4 * REASONS].tolist()
        reasons = []
        for j in order:
            column = classifier.COLUMNS[j]
            value = float(x[k, j])
            if total[row, j] <= 0 or np.isnan(value) or column not in MEANINGS:
                continue
            words = MEANINGS[column][int(value > middle[j])]
            reasons.append(
                Reason(column, words, float(total[row, j]), value, (float(low[j]), float(high[j])))
            )
        told[k] = tuple(reasons[:REASONS])
    return told
