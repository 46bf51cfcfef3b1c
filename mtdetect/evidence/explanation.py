"""Explanation of a score: sentence scores, evidence and reasons.

- *Sentence scores*: where in the text the damage is (``mtdetect.model.sentences``).
- *Evidence*: words that fit their context much worse than an alternative, with that alternative, and surface errors.
- *Reasons*: the measurements that moved the score most, in words.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mtdetect.evidence import (
    homographs,
    name_variants,
    repeated_passages,
    spinner_wordings,
    substituted_words,
    surface_errors,
)
from mtdetect.features.view import View
from mtdetect.model import classifier
from mtdetect.model.scoring import Model, Scores
from mtdetect.model.sentences import by_engine, measure
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.segments import bounds
from mtdetect.verdict import Evidence, Reason, SentenceScore

if TYPE_CHECKING:
    from mtdetect.features.retranslation import TextScores

# Skips a Python call: half of the time, with dozens of sentences a text.
_sentence = partial(tuple.__new__, SentenceScore)

MOST_EVIDENCE, MOST_REASONS = 200, 5
"""Per text."""

LEAST_SHARE = 0.05
"""Share of the case below which an expert gives no reasons."""

MOST_PLACES = 22
"""Largest power of ten that is exact as a floating-point number."""

_POWERS = np.array([10.0**place for place in range(MOST_PLACES + 1)])

MEANINGS = {
    "fluency.surprisal": (
        "words are more predictable than in human text",
        "words are less predictable than in human text",
    ),
    "fluency.gain_of_bigram": (
        "neighbouring words seldom occur together",
        "neighbouring words are unusually familiar",
    ),
    "fluency.content_pmi": (
        "neighbouring content words seldom go together",
        "neighbouring content words often go together",
    ),
    "fluency.fit_both": ("words do not fit their neighbours", "words fit their neighbours unusually well"),
    "fluency.unseen_excess": ("few word pairs are new", "many word pairs that people do not use"),
    "fluency.unseen_content_pairs": (
        "few content word pairs are new",
        "many content word pairs that people do not use",
    ),
    "collocations.gain": (
        "hardly a word has a better alternative",
        "many words have a much better alternative",
    ),
    "collocations.gain_of_synonym": (
        "hardly a word has a better synonym",
        "many words have a synonym that fits better",
    ),
    "surface_errors.wrong_article": ("articles are right", "“a” and “an” are mixed up"),
    "surface_errors.doubled_words": ("no words are doubled", "words are doubled"),
    "surface_errors.small_starts": ("sentences begin with capitals", "sentences begin in lower case"),
    "surface_errors.loops": ("no words repeat in a loop", "the same words repeat in a loop"),
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
        "phrases that translation engines seldom use",
        "phrases that translation engines favour",
    ),
    "ngrams.round_trip": ("phrases unlike those of round trips", "phrases typical of round trips"),
    "candidates.odds": ("words fit their places", "words look like substitutes"),
    "candidates.found": ("no word looks replaced", "words look replaced"),
    "candidates.below_0.01": ("no word looks replaced", "words look replaced"),
    "ngrams.spinning": ("words that spinners replace", "words that spinners favour"),
}
"""Column: what it means if its value is below, and above, the median of human texts."""


FIRST_CHOICES = "retranslation.first_choices"
"""Name of the measurement that a translation engine adds to the reasons."""

LOOKS_SPUN = 0.85
"""Probability of spinning from which a text looks spun as a whole. Of 2,700 human texts of 45 sources 0.2 % reach it."""

LIKELY_TRANSLATED = 0.25
"""Probability of machine translation from which, if spinning is less probable, the translation engine tells the sentences apart. In spun texts it would mislead: 3 of
75 calibration texts that were spun in part reach this, and the mean AUC inside falls from 0.789 to 0.775; without this bound it is 9, and 0.728."""


@dataclass(frozen=True)
class Explanation:
    """What explains the score of one text."""

    sentences: tuple[SentenceScore, ...]
    evidence: tuple[Evidence, ...]
    reasons: tuple[Reason, ...]


NOTHING = Explanation((), (), ())


@dataclass(frozen=True)
class Consulted:
    """What a translation engine said of some texts of a batch.

    Attributes
    ----------
    asked : ndarray of int64, shape (n,)
        Which texts.
    first_choices : ndarray of float64, shape (n,)
        Share of the tokens of each that the engine would have chosen first; NaN if there was nothing to ask about.
    added : ndarray of float64, shape (n,)
        What its answers add to the log-odds of each.
    typical : ndarray of float64, shape (2,)
        Share of first choices that 5 % of human texts lie below, and 5 % above.
    answers : tuple of TextScores
        What it said of each.
    """

    asked: I64
    first_choices: F64
    added: F64
    typical: F64
    answers: tuple[TextScores, ...]

    def of(self, rows: I64) -> Consulted:
        """The same for some of the texts, ascending, as a batch of their own.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            Indices of the texts in the batch, whether or not the engine was asked about them.

        Returns
        -------
        Consulted
            ``asked`` counts in the new batch.
        """
        own = np.isin(self.asked, rows)
        return Consulted(
            np.searchsorted(rows, self.asked[own]),
            self.first_choices[own],
            self.added[own],
            self.typical,
            tuple(itertools.compress(self.answers, own)),
        )


def explain(
    view: View, model: Model, scores: Scores, consulted: Consulted | None = None
) -> list[Explanation]:
    """Explain the scores of a batch.

    Parameters
    ----------
    view : View
        The batch.
    model : Model
        The model that scored it.
    scores : Scores
        Its scores.
    consulted : Consulted, optional
        What a translation engine said.

    Returns
    -------
    list of Explanation
        One for each text; empty if the text is not English prose.
    """
    of_texts = model.classifier
    columns = measure(view, of_texts.candidates, of_texts.weights, scores.log_odds, scores.experts)
    of_sentences = model.sentences.probabilities(columns)
    looks_spun = scores.probability("spun") >= LOOKS_SPUN
    reasons = _reasons(of_texts, scores, model.typical)
    if consulted is not None:
        _add_first_choices(reasons, scores, consulted)
        _rescore_sentences(of_sentences, view, scores, consulted)
    parts = zip(
        _sentences(view, of_sentences),
        _evidence(view, model, of_sentences, looks_spun),
        reasons,
        view.batch.reason,
        strict=True,
    )
    return [
        Explanation(sentences, evidence, reasons) if unsupported is None else NOTHING
        for sentences, evidence, reasons, unsupported in parts
    ]


def likely_translated(scores: Scores) -> Mask:
    """Texts whose sentences a translation engine can tell apart.

    Parameters
    ----------
    scores : Scores
        Of a batch.

    Returns
    -------
    ndarray of bool, shape (n_texts,)
        Whether machine translation has at least the probability :data:`LIKELY_TRANSLATED`, and a higher one than spinning.
    """
    translated = scores.probability("machine_translated")
    likely: Mask = (translated >= LIKELY_TRANSLATED) & (translated > scores.probability("spun"))
    return likely


def _rescore_sentences(of_sentences: F64, view: View, scores: Scores, consulted: Consulted) -> None:
    """Give the sentences of texts that may be translated the scores that follow from the engine's answers."""
    likely = likely_translated(scores)
    first = bounds(view.batch.sentence_doc, len(view.batch))
    for k, answer in zip(consulted.asked.tolist(), consulted.answers, strict=True):
        if likely[k]:
            # Loaded only where an engine was asked.
            from mtdetect.features import retranslation

            own = slice(first[k], first[k + 1])
            tokens, gaps = retranslation.gaps(answer, view.batch[k].sentences[:, 0])
            of_sentences[own] = by_engine(of_sentences[own], tokens, gaps)


def _sentences(view: View, scores: F64) -> list[tuple[SentenceScore, ...]]:
    batch = view.batch
    first, tokens = batch.sentence_first, batch.tokens
    start, end = batch.spans(
        batch.sentence_doc, tokens.start.take(first[:-1]), tokens.end.take(first[1:] - 1)
    )
    rows = zip(start.tolist(), end.tolist(), four_digits(scores).tolist(), strict=True)
    sentences = list(map(_sentence, rows))
    of_text = bounds(batch.sentence_doc, len(batch)).tolist()
    return [tuple(sentences[begin:stop]) for begin, stop in itertools.pairwise(of_text)]


def four_digits(scores: F64) -> F64:
    """Round scores from 0 to 1 to four significant digits, as ``float(f"{score:.4g}")`` does, in a tenth of the time.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        From 0 to 1.

    Returns
    -------
    ndarray of float64, shape (n,)
        A new array.
    """
    power = np.clip(3 - np.floor(np.log10(np.maximum(scores, 1e-99))), 3, MOST_PLACES).astype(np.intp)
    scale = _POWERS.take(power)
    scaled = scores * scale
    whole = np.rint(scaled)
    # A whole number below 2**53, divided by an exact power of ten: the quotient is the number nearest to those digits.
    rounded = whole / scale
    # The product itself was rounded, so values near halfway between two numbers are left to exact arithmetic.
    doubtful = (np.abs(np.abs(scaled - whole) - 0.5) < 1e-6) | (power == MOST_PLACES)
    for k in np.flatnonzero(doubtful).tolist():
        rounded[k] = float(f"{scores[k]:.4g}")
    return rounded


def _evidence(
    view: View, model: Model, sentences: F64, looks_spun: npt.NDArray[np.bool_]
) -> list[tuple[Evidence, ...]]:
    found = substituted_words.find(view, model.classifier.candidates, looks_spun)
    for others in (
        surface_errors.find(view),
        name_variants.find(view),
        homographs.find(view),
        repeated_passages.find(view, sentences),
    ):
        for own, more in zip(found, others, strict=True):
            own += more
    for own, more in zip(found, spinner_wordings.find(view, model.spinner_wordings), strict=True):
        told = {(item.start, item.end) for item in own}
        own += [item for item in more if (item.start, item.end) not in told]
    return [tuple(sorted(items, key=lambda e: (e.start, e.end))[:MOST_EVIDENCE]) for items in found]


def _reasons(model: classifier.Classifier, scores: Scores, typical: F64) -> list[tuple[Reason, ...]]:
    """What moved the score of each text that is more likely degraded than not."""
    x = scores.features
    reasons: list[tuple[Reason, ...]] = [()] * len(x)
    asked = np.flatnonzero(scores.log_odds > 0)
    if not len(asked):
        return reasons
    share = model.shares(scores.experts[asked])
    # The probabilities know what the experts alone do not: evidence outside the features, and the translation engine.
    degraded = 1 - scores.probability("original")[asked]
    by_spinner = scores.probability("spun")[asked] / degraded
    share *= ((1 - by_spinner) / np.maximum(1 - share[:, classifier.SPINNING], 1e-9))[:, None]
    share[:, classifier.SPINNING] = by_spinner
    total = np.zeros((len(asked), x.shape[1]))
    for k, name in enumerate(classifier.EXPERTS):
        matters = np.flatnonzero(share[:, k] > LEAST_SHARE)
        if len(matters):
            leaves = scores.leaves[name][asked[matters]]
            total[matters] += share[matters, k : k + 1] * model.trees[name].contributions(leaves, x.shape[1])
    for row, k in enumerate(asked.tolist()):
        reasons[k] = _reasons_of_text(total[row], x[k], typical)
    return reasons


def _reasons_of_text(moved: F64, values: F64, typical: F64) -> tuple[Reason, ...]:
    """The columns that moved one score most, of those that have a meaning in words."""
    low, high, middle = typical
    reasons = []
    for j in np.argsort(-moved)[: 4 * MOST_REASONS].tolist():
        column, nats, value = classifier.COLUMNS[j], float(moved[j]), float(values[j])
        if nats <= 0 or math.isnan(value) or column not in MEANINGS:
            continue
        words = MEANINGS[column][int(value > middle[j])]
        reasons.append(Reason(column, words, nats, value, (float(low[j]), float(high[j]))))
    return tuple(reasons[:MOST_REASONS])


def _add_first_choices(reasons: list[tuple[Reason, ...]], scores: Scores, consulted: Consulted) -> None:
    """Add what the engine said to the reasons, where it speaks for what the text is taken for: machine-translated or spun."""
    low, high = consulted.typical.tolist()
    rows = zip(
        consulted.asked.tolist(), consulted.first_choices.tolist(), consulted.added.tolist(), strict=True
    )
    spun = scores.probability("spun") > scores.probability("machine_translated")
    for k, share, nats in rows:
        if scores.log_odds[k] <= 0 or nats <= 0 or math.isnan(share):
            continue
        here, below, above = (round(100 * one) for one in (share, low, high))
        if spun[k] and here < below:
            words = f"an engine would have chosen the same word at only {here} % of places; of human texts 95 % lie above {below} %"
        elif not spun[k] and here > above:
            words = f"an engine would have chosen the same word at {here} % of places; of human texts 95 % lie below {above} %"
        else:
            continue
        added = Reason(FIRST_CHOICES, words, nats, share, (low, high))
        ordered = sorted((*reasons[k], added), key=lambda one: -one.contribution)
        reasons[k] = tuple(ordered[:MOST_REASONS])
