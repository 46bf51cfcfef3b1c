"""Why: sentences, evidence and reasons behind a score.

- *Sentences*: where in the text the damage lies, by a small linear model on what each sentence and its neighbours show.
- *Evidence*: words that another wording would fit much better, with that wording, and small glitches.
- *Reasons*: the measurements that moved the score most, in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import classifier
from mtdetect.features import glitches, ngrams
from mtdetect.features.view import View
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL, PUNCTUATION
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

STRONG_GAIN, STRONG_SYNONYM_GAIN = 10.0, 9.0
"""Nats that a substitute, or one that a thesaurus lists, must gain to be reported: 0.49 reports in 1,000 words by people (426,928
words of 29 sources outside the tables), 6.1 in 1,000 words of held-out spun text."""

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
    sentences = _sentences(view, model, odds)
    evidence = _evidence(view)
    reasons = _reasons(model, x, experts, odds, typical)
    nothing = Explanation((), (), ())
    return [
        Explanation(sentences[k], evidence[k], reasons[k]) if view.batch.reason[k] is None else nothing
        for k in range(len(view))
    ]


def sentence_features(view: View, weights: npt.NDArray[np.float16]) -> F64:
    """Measure the sentences of a batch.

    Parameters
    ----------
    view : View
        The batch.
    weights : ndarray of float16, shape (2**ngrams.BITS, n_models)
        Of the n-gram models.

    Returns
    -------
    ndarray of float64, shape (n_sentences, len(SENTENCE_COLUMNS))
    """
    batch, s = view.batch, view.stream
    count = len(batch.sentence_doc)
    owner = batch.sentence
    words = np.maximum(np.bincount(owner[batch.tokens.kind != PUNCTUATION], minlength=count), 1)
    single, double = ngrams.hashed(batch)
    of_token = weights[single].astype(np.float32) + weights[double].astype(np.float32)
    columns = [np.bincount(owner, part, minlength=count) / words * ngrams.PER_WORDS for part in of_token.T]
    where = owner[s.token]
    content = view.content
    known = np.maximum(np.bincount(where[content], minlength=count), 1)
    at = where[view.gains.at]
    columns += [
        np.bincount(where[content], np.clip(view.fit[content], -6, 8), minlength=count) / known,
        np.bincount(where[content], view.fit[content] < 0, minlength=count) / known,
        np.bincount(where[content], view.bigram_left[content] == 0, minlength=count) / known,
        np.bincount(at, np.minimum(view.gains.gain, 10), minlength=count) / known,
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


def _sentences(view: View, model: classifier.Classifier, odds: F64) -> list[tuple[SentenceScore, ...]]:
    batch = view.batch
    logit = sentence_features(view, model.weights) @ model.sentence_weights + model.sentence_intercept
    logit = smoothed(logit, batch.sentence_doc) + TEXT_SHARE * np.clip(odds, -6, 6)[batch.sentence_doc]
    scores = (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).tolist()
    first, tokens = batch.sentence_first, batch.tokens
    bounds = np.searchsorted(batch.sentence_doc, np.arange(len(batch) + 1))
    result = []
    for k in range(len(batch)):
        own = slice(int(bounds[k]), int(bounds[k + 1]))
        start, end = batch.spans(k, tokens.start[first[:-1][own]], tokens.end[first[1:][own] - 1])
        result.append(
            tuple(
                SentenceScore(a, b, p)
                for a, b, p in zip(start.tolist(), end.tolist(), scores[own], strict=True)
            )
        )
    return result


def _evidence(view: View) -> list[tuple[Evidence, ...]]:
    found: list[list[Evidence]] = [[] for _ in range(len(view))]
    _collocations(view, found)
    _glitches(view, found)
    return [tuple(sorted(items, key=lambda e: (e.start, e.end))[:MOST_EVIDENCE]) for items in found]


def _collocations(view: View, found: list[list[Evidence]]) -> None:
    batch, s, gains = view.batch, view.stream, view.gains
    vocabulary = view.lexicon.vocabulary
    strong = np.flatnonzero((gains.gain >= STRONG_GAIN) | (gains.synonym_gain >= STRONG_SYNONYM_GAIN))
    if not len(strong):
        return
    # The span is the word with the neighbour it does not fit, if that is a content word right beside it.
    for k in strong.tolist():
        i = int(gains.at[k])
        best = int(gains.best_synonym[k] if gains.synonym_gain[k] >= gains.gain[k] - 1 else gains.best[k])
        first = last = i
        if i > 0 and view.content[i - 1] and s.token[i - 1] == s.token[i] - 1 and s.before[i] == s.ids[i - 1]:
            first = i - 1
        elif (
            i + 1 < len(s.ids) and view.content[i + 1] and s.token[i + 1] == s.token[i] + 1 and not s.last[i]
        ):
            last = i + 1
        tokens = s.token[[first, i, last]]
        doc = int(s.doc[i])
        start, end = batch.spans(doc, batch.tokens.start[tokens], batch.tokens.end[tokens])
        text = batch.texts[doc]
        word = vocabulary.word(best)
        flags = batch.tokens.flags[s.token[i]]
        if flags & ALL_CAPITALS and end[1] - start[1] > 1:
            word = word.upper()
        elif flags & CAPITAL:
            word = word.capitalize()
        suggestion = text[start[0] : start[1]] + word + text[end[1] : end[2]]
        span = text[start[0] : end[2]]
        found[doc].append(
            Evidence(int(start[0]), int(end[2]), span, "collocation", float(gains.gain[k]), suggestion)
        )


def _glitches(view: View, found: list[list[Evidence]]) -> None:
    batch = view.batch
    for kind, weight, at in glitches.spots(batch):
        for token in at.tolist():
            doc = int(batch.doc[token])
            pair = np.array([token, token + 1])
            start, end = batch.spans(doc, batch.tokens.start[pair], batch.tokens.end[pair])
            text = batch.texts[doc][start[0] : end[1]]
            head, gap, tail = (
                text[: end[0] - start[0]],
                text[end[0] - start[0] : start[1] - start[0]],
                text[start[1] - start[0] :],
            )
            if kind == "repetition":
                suggestion = head
            else:
                suggestion = (head[0] if len(head) == 2 else head + "n") + gap + tail
            found[doc].append(Evidence(int(start[0]), int(end[1]), text, kind, weight, suggestion))


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
