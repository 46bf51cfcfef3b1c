"""Fit the model of candidate substitutions: which words of a text did a machine substitute?

Our own spinners mark what they replace, so each candidate of a spun text has a known label. The trees are fitted to one part of the human
texts, spun and as written. P-values and the scale of the weights come from other human texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mtdetect.errors import InputError
from mtdetect.features import names
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.substitution import COLUMNS
from mtdetect.features.view import View
from mtdetect.model import candidates
from mtdetect.model.candidates import CandidateModel
from mtdetect.model.empirical_tail import UpperTail
from mtdetect.text import read
from mtdetect.text.arrays import F64
from mtdetect.text.segments import weighted
from mtdetect.training.corpus import chance
from mtdetect.training.examples import Example, Maker, log_uniform
from mtdetect.training.fit import export_trees

SHARE = 0.25
"""Share of the groups of human training texts that train only this model. The text classifier uses its scores as features, so it must not be
trained on texts that this model was fitted to."""

SPUN_SHARE = 0.6
"""Share of these texts of which a spun version is added."""

RATES = (0.02, 0.5)
"""Range of the replacement rate of spun texts, drawn log-uniformly: mostly low, because evidence has to find few substitutes among many
unchanged words."""

TREES = {
    "max_iter": 120,
    "learning_rate": 0.12,
    "max_leaf_nodes": 24,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
"""300 trees of 31 leaves find only 1 % more."""

KEPT = 0.12
"""Upper share of the scores of human texts that is stored. No candidate with a larger p-value is reported, however short its text. With 0.10,
0.12 and 0.14, 59, 62 and 64 % of the tortured phrases in short sentences are found, at a precision of 92, 91 and 91 %."""

NAMES_RATE = 0.35
"""Replacement rate of the texts to which the weights of names are fitted."""

BATCH = 128

PRIOR = 0.01
"""Share of substitutes among candidates for which the scale of the weights is fitted; it cancels out of the likelihood ratio."""


@dataclass(frozen=True)
class Marked:
    """A text with the spans that a spinner substituted; none for a text as written."""

    text: str
    spans: list[tuple[int, int]]


def is_for_candidates(example: Example) -> bool:
    """Whether an example trains only the model of candidates.

    Parameters
    ----------
    example : Example
        Any example: its role, group, source and population count.
    """
    return example.role == "train" and teaches(example) and chance("sites", example.group) < SHARE


def teaches(example: Example) -> bool:
    """Whether the words of such people may be spun to learn from: agencies write like nobody else. Parameters as for :func:`is_for_candidates`."""
    return example.by_people and example.population != "agencies"


def spun(people: Sequence[Example], makers: Sequence[Maker]) -> list[Marked]:
    """Spin ``SPUN_SHARE`` of the texts, each by one family at one rate.

    Parameters
    ----------
    people : sequence of Example
        Texts as people wrote them.
    makers : sequence of callable
        For each family of spinners, a function from a rate to a spinner.

    Returns
    -------
    list of Marked
        Spun texts in the order of the originals, without those in which nothing was replaced.
    """
    chosen: dict[tuple[int, float], list[int]] = defaultdict(list)
    for k, example in enumerate(people):
        draw = chance("spin sites", example.group, example.text[:50])
        if draw < SPUN_SHARE:
            rate = round(log_uniform(*RATES, chance("site rate", example.group, example.text[:50])), 2)
            chosen[int(draw / SPUN_SHARE * len(makers)), rate].append(k)
    made: dict[int, Marked] = {}
    for (which, rate), numbers in chosen.items():  # a spinner remembers what it may write for a word
        results = makers[which](rate).marked([people[k].text for k in numbers])
        made |= {k: Marked(*result) for k, result in zip(numbers, results, strict=True)}
    return [made[k] for k in sorted(made) if made[k].spans]


Measure = Callable[[View], tuple[npt.NDArray[Any], npt.NDArray[Any]]]
"""Function that returns, for a batch, values and the position in the stream of the word of each value."""


def measure(
    texts: Sequence[Marked], lexicon: Lexicon, use: Measure
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Measure words of some texts.

    Parameters
    ----------
    texts : sequence of Marked
        Texts with their substituted spans.
    lexicon : Lexicon
        Language tables.
    use : callable
        What is measured in each batch.

    Returns
    -------
    values : ndarray
        Results of ``use``, concatenated.
    substitute : ndarray of bool
        Whether a spinner substituted the word.
    """
    values, substitute = [], []
    for begin in range(0, len(texts), BATCH):
        part = texts[begin : begin + BATCH]
        view = View(read([t.text for t in part], lexicon.vocabulary, identify=False), lexicon)
        measured, at = use(view)
        values.append(measured)
        batch = view.batch
        token = view.stream.token[at]
        doc = batch.doc[token]
        truth = np.zeros(len(token), bool)
        for k, marked in enumerate(part):
            if marked.spans:
                own = np.flatnonzero(doc == k)
                start, _ = batch.spans(k, batch.tokens.start[token[own]], batch.tokens.end[token[own]])
                bounds = np.array(marked.spans)
                span = np.searchsorted(bounds[:, 0], start, side="right") - 1
                truth[own] = (span >= 0) & (start < bounds[span, 1])
        substitute.append(truth)
    return np.concatenate(values), np.concatenate(substitute)


def _names(view: View) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    return view.name_columns, view.name_pairs.at + view.name_pairs.side


def fit_names(people: Sequence[Example], makers: Sequence[Maker], lexicon: Lexicon) -> F64:
    """Fit the weights of the columns of names: was a part of the name replaced?

    Names in texts as written are compared with those in the same texts after a spinner that replaces words inside names.

    Parameters
    ----------
    people : sequence of Example
        Texts as people wrote them, which are spun as well.
    makers : sequence of callable
        As for :func:`spun`; only those whose spinners replace words in names (``spins_names``) are used.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    ndarray of float64, shape (len(names.COLUMNS),)
        Without the intercept, which p-values and the scale of the weights replace. If no part of a name was replaced: 1 for the first
        column, 0 for the others.
    """
    replacing_names = [maker for maker in makers if maker(NAMES_RATE).spins_names]
    spun_texts = []
    for example in people if replacing_names else ():
        maker = replacing_names[
            int(chance("spin names", example.group, example.text[:50]) * len(replacing_names))
        ]
        ((text, spans),) = maker(NAMES_RATE).marked([example.text])
        spun_texts.append(Marked(text, spans))
    as_written, _ = measure([Marked(e.text, []) for e in people], lexicon, _names)
    columns, replaced = (
        measure(spun_texts, lexicon, _names) if spun_texts else (as_written[:0], np.zeros(0, bool))
    )
    if not replaced.any() or not len(as_written):
        return np.eye(len(names.COLUMNS))[0]
    x = np.vstack([as_written, columns[replaced]])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=500))
    model.fit(x, np.arange(len(x)) >= len(as_written))
    slopes: F64 = model[1].coef_[0] / model[0].scale_
    return slopes


def _misspelt(view: View) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    return view.spelling_pairs.score, view.spelling_pairs.at


def _scale(people: npt.NDArray[Any], replaced: npt.NDArray[Any]) -> list[float]:
    """Slope and shift that turn a score into the log likelihood ratio of a substitute."""
    pool = np.concatenate([people, replaced])
    label = np.arange(len(pool)) >= len(people)
    weight = np.where(label, PRIOR / max(len(replaced), 1), (1 - PRIOR) / max(len(people), 1)) * len(pool)
    fitted = LogisticRegression(C=1e6).fit(pool[:, None], label, sample_weight=weight)
    return [float(fitted.coef_[0, 0]), float(fitted.intercept_[0] - np.log(PRIOR / (1 - PRIOR)))]


def fit_candidates(
    train: Sequence[Example],
    calibrate: Sequence[Example],
    makers: Sequence[Maker],
    lexicon: Lexicon,
) -> tuple[CandidateModel, dict[str, Any]]:
    """Fit the model of candidate substitutions.

    Parameters
    ----------
    train : sequence of Example
        Human texts for which :func:`is_for_candidates` is true.
    calibrate : sequence of Example
        Other human texts, of every population.
    makers : sequence of callable
        For each family of spinners, a function from a rate to a spinner.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    model : CandidateModel
        The fitted model.
    facts : dict
        Its entry in the manifest.
    """
    texts = [Marked(e.text, []) for e in train] + spun(train, makers)
    columns, substitute = measure(texts, lexicon, lambda view: (view.candidates.columns, view.candidates.at))
    if not substitute.any() or substitute.all():
        raise InputError(
            f"too few texts: of {len(substitute):,} suspect words in {len(texts):,} texts {int(substitute.sum()):,} are spinners' and the others people's; both are needed"
        )
    forest = HistGradientBoostingClassifier(**TREES).fit(columns, substitute)
    trees = export_trees(forest, range(len(COLUMNS)))

    def score(view: View) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        return candidates.with_company(view, candidates.raw_scores(view, trees)), view.candidates.at

    misfits = 0

    def score_of_people(view: View) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        # P-values are ranks among all misfits, most of which are not suspicious enough to be scored.
        nonlocal misfits
        misfits += int(np.count_nonzero(view.misfits))
        return score(view)

    name_weights = fit_names(train, makers, lexicon)

    def name_score(view: View) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        columns, at = _names(view)
        return weighted(columns, name_weights), at

    as_written = [Marked(e.text, []) for e in calibrate]
    damaged = spun([e for e in calibrate if teaches(e)], makers)
    tails, scale = [], []
    for use, of_people, kept in (
        (score, score_of_people, KEPT),
        (name_score, name_score, 1.0),
        (_misspelt, _misspelt, 1.0),
    ):
        people = np.sort(measure(as_written, lexicon, of_people)[0].astype(np.float32))
        total = misfits if use is score else len(people)
        tails.append(UpperTail(people[max(len(people) - int(kept * total), 0) :], total))
        values, truth = measure(damaged, lexicon, use)
        if use is not _misspelt:
            scale.append(_scale(people, values[truth]) if truth.any() and len(people) else [0.0, 0.0])
    model = CandidateModel(trees, tuple(tails), np.array(scale), name_weights)
    facts = {
        "columns": list(COLUMNS),
        "totals": {kind: tail.total for kind, tail in zip(candidates.KINDS, model.people, strict=True)},
        "scale": scale,
        "names": name_weights.tolist(),
        "trained_on": {"candidates": len(substitute), "substitutes": int(substitute.sum())},
    }
    return model, facts
