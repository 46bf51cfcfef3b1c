"""Fit the classifier on examples, and write the model.

The order of things keeps every number honest: n-gram models score the texts they were not fitted on (folds by test set, by family of
spinner, by group), the trees learn how far to trust such scores, and calibration sees only strengths by experts that have not
learnt the text (:mod:`mtdetect.training.halves`).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import diags, vstack
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from mtdetect import artifacts
from mtdetect.features import blocks
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model import calibration, classifier, tuned_constants
from mtdetect.model.candidates import KINDS, CandidateModel
from mtdetect.model.trees import Trees
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.clauses import FRAGMENTS, share_in_clauses
from mtdetect.text.segments import weighted
from mtdetect.training import halves, ngram_counts
from mtdetect.training import quality as engine_quality
from mtdetect.training.corpus import chance
from mtdetect.training.examples import Example
from mtdetect.training.ngram_counts import Pieces
from mtdetect.training.quality import Key, fit_quality
from mtdetect.training.source_language import fit_pivot, languages

FOLDS = 4
BATCH = 256

NGRAM_C = 0.3
"""Inverse strength of the penalty on weights of n-grams. Mean AUC on eight development sets with 0.1, 0.3 and 1: 0.846, 0.846, 0.845 (single tokens and pairs)."""

NGRAM_ITERATIONS = 150
NGRAM_TOLERANCE = 2e-4

RARITY = {"translation": -0.1, "round_trip": -0.1, "spinning": -0.3}
"""Power of the number of pieces with an n-gram, over ``COMMON``, that scales its counts: below 0, rare phrases are penalised less. Mean AUC of
translation with 0, -0.1 and -0.2: 0.851, 0.855, 0.854; AUC of SpinBot's passages and of pages by web spinners with 0, -0.15 and -0.3: 0.916 and 0.700, 0.900 and
0.728, 0.918 and 0.741 (single tokens and pairs)."""

COMMON = 20_000
"""Pieces with an n-gram whose counts stay as they are."""

LEAST_WORDS = 30
"""Words of a piece from which it teaches."""

TREES: dict[str, Any] = {
    "max_iter": 300,
    "learning_rate": 0.15,
    "max_leaf_nodes": 31,  # as many as the bits of an int32 serve
    "max_bins": 63,
    "max_features": 0.3,
    "l2_regularization": 30.0,
    "min_samples_leaf": 60,
    "early_stopping": False,
    "random_state": 0,
}
"""Measured on engines, languages and test sets that were not learnt: 200 trees of 12 leaves found 4.5 % of their one-way translations and 60 % of
round-tripped essays at 1 % of the worst population, these find 9.8 and 64 %. Few bins keep the look-up tables that
serve the trees small."""

LEAST_POPULATION = 100
"""People that a population needs in a length band to set the unit of an expert there."""

INT8 = 127
"""Largest weight of an n-gram; rounding to bytes leaves the logits correlated by 0.9999."""

TREE_SHARES = {
    "mt_train": 1.0,
    "essays_round_trip_train": 1.0,
    "sentences_mt_post_edit_train": 0.15,
    "science_spun_round_trip_train": 0.1,
    "people": 0.12,
    "people_round_trip_pt": 0.3,
    "hotels_mt_train": 0.02,
    "language_model_rewrites_train": 0.05,
    "legal_mt_train": 0.05,
    "novels_mt_train": 0.03,
    "one_way_gathered_train": 0.04,
    "reviews_mt_train": 0.06,
    "round_trips_gathered_train": 0.08,
    "tweets_round_trip_train": 0.04,
    "web_news_mt_train": 0.02,
    "wiki_round_trip_train": 0.15,
}
"""Weight of each corpus for the trees of the translation expert: of each set in a file of several, of each kind of writer for people.
Sets without people of their own weigh little: their topic must not become evidence. Measured at a budget of 1 %, mean over twelve development sets, with sources of people
held out one by one: the sets before the gathered ones find 19 %; with those, half the essays' share and people weighed by source 22 %; as here 29 %."""

NGRAM_SHARES: dict[str, dict[str, float]] = {
    "translation": {**TREE_SHARES, "people_round_trip_pt": 0.9},
    "round_trip": {
        "essays_round_trip_train": 2.0,
        "people": 0.03,
        "people_round_trip_pt": 0.5,
        "language_model_rewrites_train": 0.05,
        "reviews_mt_train": 0.03,
        "round_trips_gathered_train": 0.1,
        "tweets_round_trip_train": 0.05,
        "wiki_round_trip_train": 0.15,
    },
}
"""The same for the n-gram models. The exact shares matter little: with the share of any corpus halved or trebled the mean AUC on eight development
sets stays within 0.002."""

SPINNER_SHARES = {"spin:web-": 0.4, "science_spun_round_trip_train": 2.0}
"""Weight of a family of spinners against another one of its size, by the beginning of its name. There are nine families of web spinners, from one table:
with 0, 0.4 and 1, and kinds of writers weighing by the fourth root of their size, 18, 22 and 22 % of pages by web spinners are found and 72, 72 and
74 % of SpinBot's passages; by the root, as here, 13, 21 and 22 %, and 82, 79 and 79 %. The passages by SpinBot are the only texts of a real spinner: with 1, 2 and 3, and three
seeds with 2, 85, 85 to 87 and 85 % of SpinBot's are found, and 30, 24 to 29 and 21 % of pages by web spinners; without them 46 and 30 %."""

BUDGET = {"translation": 0.55, "rules": 0.01, "spinning": 0.44}
"""How the error budget is shared between the experts: of the human texts that are flagged, so many are by this one. As a ranking of translations the
translation expert alone is better than any sum of experts, so each makes a claim of its own. With 0.5, 0.55 and 0.6 for translation 65, 68 and 69 % of
round-tripped essays, 7, 10 and 12 % of news translations, 87 % of SpinBot's passages and 29 % of pages by web spinners are found, and 0.75, 0.80 and
0.85 % of human texts flagged, mean over sources held out one by one; of 86 groups of people 8, 10 and 13 are above 2 %."""

BUDGET_AT = 0.01
"""Error budget, the default one, at which the shares hold exactly."""

STYLE_SHARE = 0.75
"""How much of the strength for spinning that a writer's style lets one expect is taken away (``classifier.without_style``). With 0, 0.5, 0.75 and 1 the mean AUC of
eleven development sets is 0.826, 0.831, 0.833 and 0.836, of pages by web spinners 0.81, 0.84, 0.86 and 0.87, of SpinBot's passages 0.973, 0.970, 0.969 and 0.964; as many are found at
the same share of people flagged. The same for the expert for translation, or learnt from spun texts as well, finds as many and ranks no better."""

STYLE_PENALTY = 0.03
"""Penalty of that regression, on standardised columns, for each text."""

FAINT = 1.25
"""Factor on the slopes of the claim for spinning below ``classifier.HINGES[1]``. Kinds of writers differ more in faint signs of spinning than in those of
translation, so faint signs of spinning should not hide those. With 1, 1.25 and 1.5, and styles corrected for, the mean AUC of eleven development sets is 0.833, 0.837 and 0.836
(patients' questions 0.70, 0.73 and 0.76; pages by web spinners 0.86, 0.82 and 0.78), the expected calibration error at even odds 0.058, 0.049 and 0.043; what is flagged stays the same."""

JUDGE_SHARES = {"translation": 1.0, "rules": 0.1, "spinning": 1.0}
"""Weight of neural translation, rule-based translation and spun text where the largest claim becomes log-odds. Rule-based engines are the one
kind that our own calibration texts abound in and scrapers hardly use. At the default budget 13.1 % of unseen one-way translations, 63.4 % of
round-tripped essays, 31.3 % of round-tripped science and 86.3 % of SpinBot's passages are found if they are as heavy as the corpora
have them; at 0.1 these are 13.6, 65.7, 32.4 and 87.7 %, and of Apertium's own texts 39 instead of 51 % (measured before candidates
were confined to suspect words)."""


@dataclass(frozen=True)
class Measured:
    """Examples with their features.

    Attributes
    ----------
    dense : ndarray of float64, shape (n, len(blocks.NAMES))
    candidates : ndarray of float64, shape (n, len(candidates.NAMES))
    sparse : csr_matrix of float32, shape (n, n_ngrams)
        Damped counts of n-grams.
    pieces : Pieces, optional
        Counts of their pieces, if the texts are to teach n-gram models.
    words : ndarray of int64, shape (n,)
    label, environment, corpus, population : ndarray of str, shape (n,)
    variety : ndarray of str, shape (n,)
        Source of a person's text; environment, engine and language of a machine's.
    fold : ndarray of int64, shape (n,)
        Of the group.
    in_clauses : ndarray of float64, shape (n,)
        Share of the words that stand in sentences.
    """

    dense: F64
    candidates: F64
    sparse: Any
    pieces: Pieces | None
    words: I64
    label: npt.NDArray[Any]
    environment: npt.NDArray[Any]
    corpus: npt.NDArray[Any]
    population: npt.NDArray[Any]
    variety: npt.NDArray[Any]
    fold: I64
    in_clauses: F64

    def only(self, keep: Mask) -> Measured:
        """Some of the examples.

        Parameters
        ----------
        keep : ndarray of bool, shape (n,)
            True for the examples to keep.
        """
        values: dict[str, Any] = {
            field.name: getattr(self, field.name)[keep] for field in fields(self) if field.name != "pieces"
        }
        return Measured(**values, pieces=self.pieces and self.pieces.only(keep))

    def is_label(self, label: str) -> Mask:
        """Examples of a label.

        Parameters
        ----------
        label : str
            ``original``, ``machine_translated`` or ``spun``.

        Returns
        -------
        ndarray of bool, shape (n,)
            Which examples have it.
        """
        mask: Mask = self.label == label
        return mask


def measure(
    examples: Sequence[Example],
    lexicon: Lexicon,
    candidates: CandidateModel,
    keys: npt.NDArray[np.uint32],
    *,
    teach: bool = False,
) -> Measured:
    """Measure examples once, for everything that is fitted.

    Parameters
    ----------
    examples : sequence of Example
        Texts.
    lexicon : Lexicon
        Language tables.
    candidates : CandidateModel
        Scores single words.
    keys : ndarray of uint32
        N-grams that are counted (``ngram_counts.frequent``).
    teach : bool
        Whether they are to teach n-gram models.
    """
    dense, of_candidates, sparse, words, in_clauses = [], [], [], [], []
    pieces = []
    for start in range(0, len(examples), BATCH):
        batch = read([e.text for e in examples[start : start + BATCH]], lexicon.vocabulary, identify=False)
        view = View(batch, lexicon)
        dense.append(blocks.measure(view))
        of_candidates.append(candidates.measure(view))
        sparse.append(ngram_counts.counts(batch, keys))
        if teach:
            pieces.append(ngram_counts.pieces(batch, keys))
        words.append(batch.words)
        in_clauses.append(share_in_clauses(batch))
    environments = [e.environment for e in examples]
    # What our own engines made is people's texts altered, whatever the source they were taken from.
    own = ("people/", "spin:", "apertium:")
    corpora = [
        f"people/{example.population}"
        if name.startswith(own)
        else name.split("/")[0]
        if name.startswith("people_round_trip_pt/")
        else example.source
        for name, example in zip(environments, examples, strict=True)
    ]
    return Measured(
        np.vstack(dense),
        np.vstack(of_candidates),
        vstack(sparse).tocsr(),
        ngram_counts.joined(pieces, [len(part) for part in words]) if teach else None,
        np.concatenate(words),
        np.array([e.label for e in examples]),
        np.array(environments),
        np.array(corpora),
        np.array([e.population for e in examples]),
        np.array(
            [e.source if e.label == "original" else f"{e.environment}|{e.tool}|{e.stratum}" for e in examples]
        ),
        np.array([int(chance("fold", e.group) * FOLDS) for e in examples]),
        np.concatenate(in_clauses),
    )


def _balanced(keys: Sequence[str], positive: Mask) -> F64:
    """Weights that give each key the root of its size and both classes the same sum."""
    names = np.array([f"{key}|{side}" for key, side in zip(keys, positive, strict=True)])
    _, which, count = np.unique(names, return_inverse=True, return_counts=True)
    return _even((1 / np.sqrt(count))[which], positive)


def _shared(
    keys: npt.NDArray[Any], varieties: npt.NDArray[Any], positive: Mask, share: Callable[[str, int], float]
) -> F64:
    """Weights that give each key its share and both classes the same sum; within a key its varieties weigh by the root of their size.

    Parameters
    ----------
    keys, varieties : ndarray of str, shape (n,)
    positive : ndarray of bool, shape (n,)
    share : callable
        From a key and its size to its weight; each class has keys of its own.
    """
    weight = np.zeros(len(keys))
    for side in (positive, ~positive):
        own = keys[side]
        key, of_text, size = np.unique(own, return_inverse=True, return_counts=True)
        variety = np.char.add(np.char.add(own, "|"), varieties[side])
        _, first, which, count = np.unique(
            variety, return_index=True, return_inverse=True, return_counts=True
        )
        roots = np.bincount(of_text[first], np.sqrt(count))
        wanted = np.array([share(name, n) for name, n in zip(key.tolist(), size.tolist(), strict=True)])
        weight[side] = (wanted / roots)[of_text] / np.sqrt(count)[which]
    return _even(weight, positive)


def _even(weight: F64, positive: Mask) -> F64:
    """The weights with the same sum for both classes, and a mean of 1."""
    for side in (positive, ~positive):
        weight[side] /= weight[side].sum()
    return weight / weight.mean()


def _share_of(shares: dict[str, float], corpus: str) -> float:
    """Share of a corpus, which its file may have for all sets in it; 0 if it has none."""
    return shares.get(corpus, shares.get(corpus.split("/")[0], 0.0))


def _spinning_weights(data: Measured, used: Mask, positive: Mask) -> F64:
    """Weights for the expert for spinning: families of spinners and kinds of writers by the root of their size, other machines as one more kind."""
    spun, by_machine = positive[used], data.label[used] != "original"
    people = np.where(by_machine, "machine", data.population[used].astype(object))
    keys = np.where(spun, data.environment[used], people).astype(str)
    varieties = np.where(spun, data.population[used], data.variety[used])
    return _shared(
        keys,
        varieties,
        spun,
        lambda key, size: float(np.sqrt(size)) * _spinner_share(key),
    )


def _spinner_share(family: str) -> float:
    """Share of a family of spinners, or of a kind of writer."""
    return next((share for start, share in SPINNER_SHARES.items() if family.startswith(start)), 1.0)


def _by_length(weight: F64, words: I64, power: float) -> F64:
    scaled = weight * (np.minimum(words, 300) / 300) ** power
    return scaled / scaled.mean()


def ngram_task(name: str, data: Measured) -> tuple[Mask, Mask, F64, I64]:
    """Which examples an n-gram model learns from, which of them are positive, their weights, and everybody's folds.

    Parameters
    ----------
    name : str
        The model: one of ``classifier.NGRAM_MODELS``.
    data : Measured
        Examples to learn from.

    Returns
    -------
    used : ndarray of bool, shape (n,)
        Examples that it learns from.
    positive : ndarray of bool, shape (n,)
        Examples by the kind of machine that it finds, used or not.
    weights : ndarray of float64, shape (n_used,)
        Weights of the used examples, with a mean of 1.
    folds : ndarray of int64, shape (n,)
        Fold of every example, from 0 to ``FOLDS`` - 1.
    """
    original = data.is_label("original")
    if name == "spinning":
        positive = data.is_label("spun")
        own = np.array([name.startswith(("people/", "mt_train")) for name in data.corpus.tolist()], bool)
        used = positive | (original & own)
        weight = _spinning_weights(data, used, positive)
        # Whole families of spinners are left out together, people by group.
        folds = np.where(positive, _environment_fold(data.environment), data.fold)
    else:
        shares = NGRAM_SHARES[name]
        positive = data.is_label("machine_translated") & ~_by_rules(data)
        known = np.array([_share_of(shares, name) > 0 for name in data.corpus.tolist()], bool)
        used = (positive | original) & known
        weight = _shared(
            data.corpus[used], data.variety[used], positive[used], lambda key, _: _share_of(shares, key)
        )
        folds = np.where(data.corpus == "mt_train", _environment_fold(data.environment), data.fold)
    return used, positive, _by_length(weight, data.words[used], 0.5), folds


def _environment_fold(environments: npt.NDArray[Any]) -> I64:
    order = {name: k % FOLDS for k, name in enumerate(sorted(set(environments.tolist())))}
    return np.array([order[name] for name in environments.tolist()])


def fit_ngrams(name: str, data: Measured) -> tuple[F64, float, F64]:
    """Fit one n-gram model.

    Parameters
    ----------
    name, data
        As for :func:`ngram_task`; ``data`` must be measured to teach.

    Returns
    -------
    weights : ndarray, shape (n_ngrams,)
    intercept : float
    scores : ndarray, shape (n,)
        Of every example, by a model that has not seen its fold.

    Raises
    ------
    ValueError
        If the examples were not measured to teach.
    """
    if data.pieces is None:
        raise ValueError("n-gram models learn from pieces: measure the examples with teach=True")
    used, positive, of_text, folds = ngram_task(name, data)
    pieces = data.pieces
    weight = np.zeros(len(used))
    weight[used] = of_text
    weight = weight[pieces.text] * pieces.words / np.maximum(data.words, 1)[pieces.text]
    teaches = (weight > 0) & (pieces.words >= LEAST_WORDS)
    text, weight = pieces.text[teaches], weight[teaches]
    counts = pieces.counts[teaches]
    number = np.maximum(np.bincount(counts.indices, minlength=counts.shape[1]), 1)
    scale = ((number / COMMON) ** RARITY[name]).astype(np.float32)
    counts = (counts @ diags(scale)).tocsr()

    def fit(keep: Mask) -> tuple[F64, float]:
        model = LogisticRegression(C=NGRAM_C, max_iter=NGRAM_ITERATIONS, tol=NGRAM_TOLERANCE)
        with warnings.catch_warnings():
            # The limit is meant: what later iterations add is fitted to the corpora's contents.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(counts[keep], positive[text[keep]], sample_weight=weight[keep] / weight.mean())
        return model.coef_[0] * scale, float(model.intercept_[0])

    scores = np.zeros(len(data.words))
    for k in range(FOLDS):
        coefficients, intercept = fit(folds[text] != k)
        out = folds == k
        scores[out] = data.sparse[out] @ coefficients + intercept
    return *fit(np.ones(len(text), bool)), scores


def _kinds(held: Measured) -> dict[str, Mask]:
    """Machine texts that each expert is in charge of."""
    translated, by_rules = held.is_label("machine_translated"), _by_rules(held)
    return {
        "translation": translated & ~by_rules,
        "rules": translated & by_rules,
        "spinning": held.is_label("spun"),
    }


def people_weights(held: Measured) -> F64:
    """Weights of calibration texts by people, 0 for machines': kinds of writers weigh alike, and sources within a kind, if they are not too small.

    Parameters
    ----------
    held : Measured
        Calibration texts, by people and machines.

    Returns
    -------
    ndarray of float64, shape (n,)
        Their sum is 1.
    """
    weight = np.zeros(len(held.words))
    for kind in np.unique(held.population[held.is_label("original")]):
        own = held.is_label("original") & (held.population == kind)
        _, which, count = np.unique(held.variety[own], return_inverse=True, return_counts=True)
        weight[own] = (1 / np.maximum(count, calibration.LEAST_SOURCE))[which]
        weight[own] /= weight[own].sum()
    return weight / weight.sum()


def fit_claims(strengths: F64, held: Measured) -> tuple[F64, F64]:
    """Fit what each expert claims of a text, from its strength.

    A regression for each expert tells its machines from people. The claims are then shifted so that, at the error budget ``BUDGET_AT``, people reach each
    as often as its share of the budget says; and one line through the largest claim makes log-odds of all of them.

    Parameters
    ----------
    strengths : ndarray of float64, shape (n, len(classifier.EXPERTS))
        Strengths by experts that have not learnt the texts, in units of the spread of human texts.
    held : Measured
        What is known of the texts; no features are needed.

    Returns
    -------
    slopes : ndarray, shape (len(classifier.EXPERTS), 1 + len(classifier.HINGES))
    shifts : ndarray, shape (len(classifier.EXPERTS),)
    """
    people, of_people, kinds = held.is_label("original"), people_weights(held), _kinds(held)
    of_machines = np.zeros(len(people))
    slopes = np.zeros((len(classifier.EXPERTS), 1 + len(classifier.HINGES)))
    shifts = np.zeros(len(classifier.EXPERTS))
    for k, name in enumerate(classifier.EXPERTS):
        own = kinds[name]
        of_machines[own] = _balanced(held.environment[own].tolist(), np.ones(int(own.sum()), bool))
        of_machines[own] /= max(of_machines[own].sum(), 1e-9)
        used = people | own
        columns = classifier.hinged(strengths[:, k])
        weight = (of_people + of_machines * own)[used]
        model = LogisticRegression(max_iter=1000).fit(
            columns[used], own[used], sample_weight=weight / weight.mean()
        )
        slopes[k] = model.coef_[0]
        if k == classifier.SPINNING:
            slopes[k] = _fainter(slopes[k])
        claim = weighted(columns[people], slopes[k])
        order = np.argsort(claim, kind="stable")
        reached = np.cumsum(of_people[people][order])
        shifts[k] = -claim[order][np.searchsorted(reached, 1 - BUDGET_AT * BUDGET[name])]
    largest = classifier.claims(strengths, slopes, shifts).max(axis=1)
    for name, own in kinds.items():
        of_machines[own] *= JUDGE_SHARES[name]
    weight = of_people + of_machines / of_machines.sum()
    line = LogisticRegression(max_iter=1000).fit(
        largest[:, None], ~people, sample_weight=weight / weight.mean()
    )
    slope = float(line.coef_[0, 0])
    return slopes * slope, shifts * slope + float(line.intercept_[0])


def _fainter(slopes: F64) -> F64:
    """Slopes of a claim, those below the second hinge steeper by ``FAINT`` and those above as they were."""
    steeper = slopes.copy()
    steeper[:2] *= FAINT
    steeper[2] -= (FAINT - 1) * slopes[:2].sum()
    return steeper


def fit_style(x: F64, strength: F64, held: Measured, share: float) -> F64:
    """Fit what strength a writing style lets one expect: a ridge regression over people's texts, of all lengths.

    Parameters
    ----------
    x : ndarray, shape (n, len(classifier.COLUMNS))
        Features of the calibration texts.
    strength : ndarray, shape (n,)
        Of one expert, or of one part of its case.
    held : Measured
        What is known of them.
    share : float
        How much of what is expected will be taken away.

    Returns
    -------
    ndarray, shape (3, len(classifier.STYLE))
        As :class:`~mtdetect.model.classifier.Classifier` holds it.
    """
    people = held.is_label("original")
    columns = x[people][:, classifier.STYLE_AT]
    means, deviations = np.nanmean(columns, axis=0), np.nanstd(columns, axis=0)
    deviations = np.where(deviations > 0, deviations, 1.0)
    style = classifier.standardized_style(x[people], means, deviations)
    length = np.log(np.maximum(held.words[people], 1))
    weight = people_weights(held)[people]
    model = Ridge(alpha=STYLE_PENALTY * len(length)).fit(
        np.column_stack([style, length]),
        strength[people],
        sample_weight=weight / weight.mean(),
    )
    return np.stack([means, deviations, share * model.coef_[: len(classifier.STYLE)]])


def _by_rules(data: Measured) -> Mask:
    """Texts that came through a rule-based engine."""
    return np.array([e.startswith("apertium") for e in data.environment], bool)


def fit_trees(name: str, data: Measured, x: F64) -> HistGradientBoostingClassifier:
    """Grow the trees of one expert on the columns it may see.

    Parameters
    ----------
    name : str
        The expert: one of ``classifier.EXPERTS``.
    data : Measured
        Examples to learn from.
    x : ndarray of float64, shape (n, len(classifier.COLUMNS))
        Their columns, with scores of n-gram models that have not seen the fold of the example.
    """
    original, translated, apertium = (
        data.is_label("original"),
        data.is_label("machine_translated"),
        _by_rules(data),
    )
    if name == "translation":
        positive = translated & ~apertium
        known = np.array([_share_of(TREE_SHARES, name) > 0 for name in data.corpus.tolist()], bool)
        used = (positive | original) & known
        weight = _shared(
            data.corpus[used], data.variety[used], positive[used], lambda key, _: _share_of(TREE_SHARES, key)
        )
        weight = _by_length(weight, data.words[used], 0.5)
    elif name == "spinning":
        positive = data.is_label("spun")
        used = positive | original | (translated & ~apertium)
        weight = _spinning_weights(data, used, positive)
    else:
        positive = translated & apertium
        used = positive | original
        weight = _balanced(data.environment[used].tolist(), positive[used])
    model = HistGradientBoostingClassifier(**TREES)
    return model.fit(x[used][:, classifier.columns_of(name)], positive[used], sample_weight=weight)


def export_trees(model: HistGradientBoostingClassifier, columns: Sequence[int]) -> Trees:
    """Copy scikit-learn's trees into plain arrays, with the columns numbered as in ``classifier.COLUMNS``.

    Parameters
    ----------
    model : HistGradientBoostingClassifier
        Fitted to two classes. A fitted HistGradientBoostingRegressor serves as well.
    columns : sequence of int
        For each column that it was fitted to, the number that the result has for it.
    """
    parts: dict[str, list[npt.NDArray[Any]]] = {
        key: [] for key in ("feature", "threshold", "left", "right", "missing", "value")
    }
    roots = []
    depth = at = 0
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        n = len(nodes)
        leaf = nodes["is_leaf"].astype(bool)
        own = np.arange(n)
        left = np.where(leaf, own, nodes["left"])
        right = np.where(leaf, own, nodes["right"])
        value = np.where(leaf, nodes["value"], 0.0)
        for k in np.flatnonzero(~leaf)[::-1]:  # children come after their parent
            sides = np.array([left[k], right[k]])
            value[k] = np.average(value[sides], weights=nodes["count"][sides])
        parts["feature"].append(np.where(leaf, 0, np.array(columns)[nodes["feature_idx"]]).astype(np.int16))
        parts["threshold"].append(np.where(leaf, np.inf, nodes["num_threshold"]))
        parts["left"].append((left + at).astype(np.int32))
        parts["right"].append((right + at).astype(np.int32))
        parts["missing"].append(nodes["missing_go_to_left"].astype(bool))
        parts["value"].append(value)
        roots.append(at)
        depth = max(depth, int(nodes["depth"].max()))
        at += n
    joined = {key: np.concatenate(part) for key, part in parts.items()}
    return Trees(
        joined["feature"],
        joined["threshold"],
        joined["left"],
        joined["right"],
        joined["missing"],
        joined["value"],
        np.array(roots, np.int32),
        float(np.ravel(model._baseline_prediction)[0]),
        depth,
    )


@dataclass(frozen=True)
class Experts:
    """N-gram models, and the trees that build on them.

    Attributes
    ----------
    weights : ndarray of int8, shape (n_ngrams, len(classifier.NGRAM_MODELS))
        Weights of n-grams in ``units``.
    units, intercepts : list of float
        Of the n-gram models.
    trees : dict of Trees
        By expert.
    """

    weights: npt.NDArray[np.int8]
    units: list[float]
    intercepts: list[float]
    trees: dict[str, Trees]

    def columns(self, held: Measured) -> F64:
        """Columns of texts that were not learnt, shape (n, len(classifier.COLUMNS)).

        Parameters
        ----------
        held : Measured
            Texts, measured with the n-grams that the experts were fitted with.
        """
        linear = [
            held.sparse @ weights.astype(np.float32) * unit + intercept
            for weights, unit, intercept in zip(self.weights.T, self.units, self.intercepts, strict=True)
        ]
        return columns_of(held, linear)


def columns_of(data: Measured, linear: Sequence[F64]) -> F64:
    """Columns of the trees, with the scores of the n-gram models.

    Parameters
    ----------
    data : Measured
        Examples with their features.
    linear : sequence of ndarray of float64, shape (n,)
        Scores by each of ``classifier.NGRAM_MODELS``, in this order.

    Returns
    -------
    ndarray of float64, shape (n, len(classifier.COLUMNS))
    """
    return classifier.joined(data.dense, data.candidates, np.column_stack(linear), data.words)


def fit_experts(data: Measured, progress: Callable[[str], None], jobs: int) -> tuple[Experts, F64]:
    """Fit the experts.

    Parameters
    ----------
    data : Measured
        Examples to learn from, measured to teach.
    progress : callable
        Told what is going on.
    jobs : int
        Models fitted at a time.

    Returns
    -------
    experts : Experts
    x : ndarray, shape (n, len(classifier.COLUMNS))
        Columns of the examples; the scores in them are by n-gram models that have not seen the fold of the example.
    """
    progress(f"n-grams of {len(data.words):,} texts: {', '.join(classifier.NGRAM_MODELS)}")
    fitted = Parallel(n_jobs=jobs)(delayed(fit_ngrams)(name, data) for name in classifier.NGRAM_MODELS)
    units = [float(np.abs(coefficients).max()) / INT8 for coefficients, _, _ in fitted]
    weights = np.column_stack(
        [
            np.round(coefficients / unit).astype(np.int8)
            for (coefficients, _, _), unit in zip(fitted, units, strict=True)
        ]
    )
    x = columns_of(data, [of_folds for _, _, of_folds in fitted])
    trees = {}
    for name in classifier.EXPERTS:
        progress(f"trees: {name}")
        trees[name] = export_trees(fit_trees(name, data, x), classifier.columns_of(name))
    return Experts(weights, units, [intercept for _, intercept, _ in fitted], trees), x


def fit_halves(
    measured: Measured, teaching: Mask, of_half: I64, progress: Callable[[str], None], jobs: int
) -> tuple[list[Experts], F64, F64]:
    """Fit experts to everything but a half of the texts that calibrate, and let them judge this half.

    Parameters
    ----------
    measured : Measured
        Examples, measured to teach.
    teaching : ndarray of bool, shape (n,)
        Which of them may teach.
    of_half : ndarray of int64, shape (n,)
        Half of each, -1 for those that do not calibrate.
    progress : callable
        Told what is going on.
    jobs : int
        Models fitted at a time.

    Returns
    -------
    experts : list of Experts
        For each half, those that have not learnt it.
    x : ndarray, shape (n, len(classifier.COLUMNS))
        Columns of the examples by these experts; 0 for those that do not calibrate.
    logits : ndarray, shape (n, len(classifier.EXPERTS))
        Of the experts, likewise.
    """
    found = []
    x = np.zeros((len(of_half), len(classifier.COLUMNS)))
    logits = np.zeros((len(of_half), len(classifier.EXPERTS)))
    for k in range(halves.HALVES):
        own = of_half == k
        experts, _ = fit_experts(measured.only(teaching & ~own), progress, jobs)
        x[own] = experts.columns(measured.only(own))
        logits[own] = classifier.tree_logits(experts.trees, x[own])
        found.append(experts)
    return found, x, logits


def people_scatter(logits: F64, words: I64, population: npt.NDArray[Any]) -> tuple[F64, F64]:
    """Median of people's logits, and their unit above it, by length band and expert.

    The unit is a 2.33rd of the way from the median to what one in a hundred exceeds, in the population that reaches highest.

    Parameters
    ----------
    logits : ndarray of float64, shape (n, len(classifier.EXPERTS))
        What the trees of each expert say of texts by people.
    words : ndarray of int64, shape (n,)
        Lengths of the texts in words.
    population : ndarray of str, shape (n,)
        Kind of writer of each.

    Returns
    -------
    centers, spreads : ndarray, shape (len(classifier.MIDDLES), len(classifier.EXPERTS))
    """
    bands = calibration.band(words)
    shape = len(classifier.MIDDLES), len(classifier.EXPERTS)
    centers, spreads = np.zeros(shape), np.ones(shape)
    for k in range(shape[0]):
        inside = bands == k + 1
        groups = [inside] + [inside & (population == kind) for kind in np.unique(population)]
        groups = [
            group
            for group in groups[:1] + [g for g in groups[1:] if g.sum() >= LEAST_POPULATION]
            if group.any()
        ]
        if groups:
            centers[k] = np.median(logits[inside], axis=0)
            highest = np.max([np.quantile(logits[group], 0.99, axis=0) for group in groups], axis=0)
            spreads[k] = np.maximum(highest - centers[k], 0.1) / classifier.ONE_PERCENT
    return centers, spreads


TYPICAL = (0.05, 0.95)
"""Quantiles of people's texts between which a feature counts as usual."""


def fit(
    train: Sequence[Example],
    calibrate: Sequence[Example],
    lexicon: Lexicon,
    candidates: tuple[CandidateModel, dict[str, Any]],
    output: Path,
    facts: dict[str, Any],
    scores: dict[Key, float],
    progress: Callable[[str], None],
    *,
    jobs: int = 1,
) -> dict[str, Any]:
    """Fit everything but the sentences (``training.sentences``) and the calibration (``training.calibrate``), and write the model; beside it, experts that have not learnt a half.

    Parameters
    ----------
    train, calibrate : sequence of Example
        No group stands in both. The experts learn from both, all else is fitted to one of them.
    lexicon : Lexicon
        The language tables that the model will be used with.
    candidates : tuple
        Model of candidates and what the manifest says of it, as ``training.candidates.fit_candidates`` gives them.
    output : Path
        Folder of the model.
    facts : dict
        How the examples were made; goes into the manifest.
    scores : dict
        Of engines, as ``training.quality.engine_scores`` reads them.
    progress : callable
        Told what is going on.
    jobs : int
        N-gram models fitted at a time.

    Returns
    -------
    dict
        The manifest of the model.
    """
    every = [*train, *calibrate]
    teaching = np.array([halves.teaches(e) for e in every])
    learnt = [e for e in every if halves.teaches(e)]
    keys = ngram_counts.frequent([e.text for e in learnt], lexicon)
    progress(f"measuring {len(every):,} texts, with {len(keys):,} n-grams")
    words, of_words = candidates
    measured = measure(every, lexicon, words, keys, teach=True)
    calibrates = np.arange(len(every)) >= len(train)
    of_half = np.where(calibrates, [halves.half(e.group) for e in every], -1)
    # Human texts that the detector will not judge say nothing of those that it will.
    judged = calibrates & (~measured.is_label("original") | (measured.in_clauses >= FRAGMENTS))
    held, calibrate = measured.only(judged), [e for e, keep in zip(every, judged, strict=True) if keep]
    of_halves, z, logits = fit_halves(measured, teaching, of_half, progress, jobs)
    z, logits = z[judged], logits[judged]
    data = measured.only(teaching)
    experts, x = fit_experts(data, progress, jobs)
    progress("quality and pivot languages")
    quality = fit_quality(engine_quality.keys(learnt), x, scores)
    of_pivot, pivot = fit_pivot(
        (train, languages(train, measured.words[~calibrates])),
        (calibrate, languages(calibrate, held.words)),
        lexicon,
    )
    degraded = ~held.is_label("original")
    centers, spreads = people_scatter(logits[~degraded], held.words[~degraded], held.population[~degraded])
    strengths = classifier.relative(logits, held.words, centers, spreads)
    style = fit_style(z, strengths[:, classifier.SPINNING], held, STYLE_SHARE)
    strengths = classifier.without_style(strengths, z, style)
    slopes, shifts = fit_claims(strengths, held)
    arrays: dict[str, npt.NDArray[Any]] = {
        "ngram_keys": keys,
        "pivot_weights": of_pivot,
        **{f"people_{kind}": tail.scores for kind, tail in zip(KINDS, words.people, strict=True)},
        "typical": np.nanquantile(x[data.is_label("original")], [*TYPICAL, 0.5], axis=0),
    }
    facts = {
        **facts,
        "columns": classifier.COLUMNS,
        "constants": tuned_constants.present(),
        "quality": quality,
        "pivot": pivot,
        "candidates": of_words,
        "centers": centers.tolist(),
        "spreads": spreads.tolist(),
        "style": style.tolist(),
        "slopes": slopes.tolist(),
        "shifts": shifts.tolist(),
        "examples": {
            "train": dict(sorted(Counter(f"{e.label}, {e.environment}" for e in train).items())),
            "calibrate": dict(sorted(Counter(f"{e.label}, {e.source}" for e in calibrate).items())),
        },
    }
    for k, judging in enumerate(of_halves):
        own_facts = {**facts, "name": f"{facts['name']}, half {k} not learnt", "half_not_learnt": k}
        _write(halves.folder(output, k), judging, words, arrays, own_facts)
    return _write(output, experts, words, arrays, facts)


def _write(
    output: Path,
    experts: Experts,
    words: CandidateModel,
    arrays: dict[str, npt.NDArray[Any]],
    facts: dict[str, Any],
) -> dict[str, Any]:
    """Write a model with these experts; its manifest."""
    forests = {**experts.trees, "candidates": words.trees}
    every = {**arrays, "ngram_weights": experts.weights}
    for name, forest in forests.items():
        every |= forest.arrays(name)
    return artifacts.write(
        output,
        every,
        {
            **facts,
            "units": experts.units,
            "intercepts": experts.intercepts,
            "baselines": {name: forest.baseline for name, forest in forests.items()},
            "depths": {name: forest.depth for name, forest in forests.items()},
        },
    )
