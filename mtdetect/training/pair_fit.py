"""Fit the pair model on measured pairs.

As with the detector, every number that a later stage relies on is out-of-fold. Folds hold whole test sets, families of spinners and
engines where there are several, otherwise texts.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mtdetect.comparison.measures import BITS, Measures
from mtdetect.comparison.model import (
    CLIP,
    DIRECTED,
    METHODS,
    PairModel,
    class_probabilities,
    differences,
    symmetric,
)
from mtdetect.errors import InputError
from mtdetect.text.arrays import F64, I64
from mtdetect.training.corpus import chance
from mtdetect.training.text_pairs import TextPair

FOLDS = 6

CORPUS_LIMIT, MAKING_LIMIT = 1500, 5000
"""Largest total weight of a corpus, in pairs, where several are fitted together; the same for methods and directions, where translations by many engines
from many languages must not weigh less than round trips by one."""

COPY_C, KIND_C, GRAM_C, DIRECTION_C = 0.3, 0.05, 30.0, 0.01
"""Inverse strength of the regularisation of each logistic regression; of the regression of methods and directions, of its two kinds of columns."""

COPY_WEIGHTS = {"language_model_rewrites_train": 3.0, "people": 2.0, "short": 2.0}
"""Factors of the weights of corpora in the fit of copies. Rewritten stories and short strangers are the hardest: with these factors 98.0 instead of
97.0 % of the rewritten texts of the development set are recognised, and no more strangers are called copies."""

REWRITING = 1.5
"""Factor of the weight of rewritten copies. To call them machine-translated is the worse error: nobody translated them."""

RELATED_CALLED_COPIES = 0.001
"""Largest share of pairs on the same subject that may be called copies."""

DIRECTION_RIGHT = 0.975
"""Least share of the given directions that are right, out-of-fold. A little more than the promised 0.97, because users have engines that
differ more."""

LEAST_COPIES = 60
"""Copies of each method, ten in a fold, below which directions are not learnt."""

LARGEST_ODDS = 99.0
"""Threshold at which no direction is given."""

SHORT_CORPORA = (
    "claims_round_trip_train",
    "sentences_mt_post_edit_train",
    "spinner short",
    "wiki_round_trip_train",
)
"""Corpora of one or a few sentences: used for fitting, but not for the threshold of directions."""

_METHOD_OF = {
    "apertium": "rules",
    "spinner": "spinning",
    "spinner short": "spinning",
    "language_model_rewrites_train": "rewriting",
    "desk": "editing",
    "allsides": "editing",
}
"""How the copies of a corpus were made, if not by neural translation."""

_SUBJECTS = ("allsides", "allsides spun", "essays_round_trip_train", "novels")
"""Corpora whose other pairs share a subject."""

_ALIKE_BY_CHANCE = (*_SUBJECTS, "short")
"""Corpora whose other pairs set the threshold of copies."""


def fit(
    pairs: Sequence[TextPair], measured: Sequence[tuple[Measures, F64]]
) -> tuple[PairModel, dict[str, Any]]:
    """Fit the pair model.

    Parameters
    ----------
    pairs : sequence of TextPair
        The pairs.
    measured : sequence of (Measures, ndarray)
        Their features and differences of style.

    Returns
    -------
    model : PairModel
    figures : dict
        Out-of-fold quality of each part, by corpus.
    """
    known = Known(pairs)
    figures: dict[str, Any] = {}
    of_copies, copy_threshold = _fit_copy(known, measured, figures)
    of_making, direction_threshold = _fit_making(known, pairs, measured, figures)
    thresholds = np.array([copy_threshold, direction_threshold])
    return PairModel(**of_copies, **of_making, thresholds=thresholds), figures


class Known:
    """What is known of the pairs, as arrays: corpus, whether there is a copy, its method, weight and fold."""

    def __init__(self, pairs: Sequence[TextPair]) -> None:
        self.corpora = np.array([p.corpus for p in pairs])
        self.copy = np.array([p.is_copy for p in pairs])
        self.method = np.array([METHODS.index(_METHOD_OF.get(p.corpus, "neural")) for p in pairs])
        self.weight = _weights(self.corpora, CORPUS_LIMIT)
        self.folds = _folds(pairs)


def _fit_copy(
    known: Known, measured: Sequence[tuple[Measures, F64]], figures: dict[str, Any]
) -> tuple[dict[str, Any], float]:
    """Arrays of the copy model, and the threshold of its log-odds."""
    copy, others = known.copy, ~known.copy
    weight = known.weight * np.array([COPY_WEIGHTS.get(name, 1.0) for name in known.corpora.tolist()])
    columns = np.array([m.copy for m, _ in measured])
    scale = scale_of(columns)
    x = (columns - scale[0]) / scale[1]
    odds = _out_of_fold(x, copy, known.folds, weight, COPY_C)
    same_subject = np.isin(known.corpora, _SUBJECTS) & others
    alike = np.isin(known.corpora, _ALIKE_BY_CHANCE) & others
    threshold = max(0.0, float(np.quantile(odds[alike], 1 - RELATED_CALLED_COPIES)))
    figures["copies called copies"] = by_corpus(known.corpora, copy, odds >= threshold)
    figures["others called copies"] = by_corpus(known.corpora, others, odds >= threshold)
    arrays = {
        "copy_scale": scale,
        "copy_weights": _linear(x, copy, weight, COPY_C),
        "related_weights": _linear(x[others], same_subject[others], weight[others], COPY_C),
    }
    return arrays, threshold


class Copies:
    """The copies among pairs, ready for the regression of methods and directions, with its out-of-fold answers.

    Parameters
    ----------
    pairs : sequence of TextPair
        The copies.
    measured : sequence of (Measures, ndarray)
        Their features and differences of style.
    method, folds : ndarray of int64
        Method and fold of each.

    Attributes
    ----------
    corpora : ndarray of str
        Corpus of each.
    weight : ndarray of float64
        Weight of each in the regression.
    shares : ndarray, shape (n, 2, len(METHODS))
        Out-of-fold probabilities of directions and methods.
    odds : ndarray of float64
        Calibrated out-of-fold log-odds of the direction; all should be positive.
    long : ndarray of bool
        Which have a direction and belong to no corpus of single lines.
    arrays : dict of str to ndarray
        Arrays of the pair model.
    """

    def __init__(
        self,
        pairs: Sequence[TextPair],
        measured: Sequence[tuple[Measures, F64]],
        method: I64,
        folds: I64,
    ) -> None:
        self.method, self.folds = method, folds
        self.corpora = np.array([p.corpus for p in pairs])
        self.weight = _weights(self.corpora, MAKING_LIMIT)
        self.weight *= _method_weights(method, self.weight)
        grams = _Grams(pairs, [m for m, _ in measured], method, folds)
        same = np.array([symmetric(m) for m, _ in measured])
        kind_scale = scale_of(same)
        same = (same - kind_scale[0]) / kind_scale[1]
        differ = np.array(
            [differences(row, m, style) for row, (m, style) in zip(grams.scores, measured, strict=True)]
        )
        direction_scale = np.sqrt((differ**2).mean(axis=0)) + 1e-6
        differ = np.clip(differ / direction_scale, -CLIP, CLIP)
        self.shares = np.zeros((len(pairs), 2, len(METHODS)))
        for k in np.unique(folds):
            train = folds != k
            found = _making(same[train], differ[train], method[train], self.weight[train])
            self.shares[~train] = _class_shares(same[~train], differ[~train], found)
        odds = np.log(self.shares[:, 0].sum(axis=1)) - np.log(self.shares[:, 1].sum(axis=1))
        self.directed = method < len(DIRECTED)
        self.long = self.directed & ~np.isin(self.corpora, SHORT_CORPORA)
        slope = slope_of(odds[self.long], self.weight[self.long])
        self.odds = odds * slope
        of_same, of_differ = _making(same, differ, method, self.weight)
        self.arrays = {
            "kind_scale": kind_scale,
            "kind_weights": of_same,
            "gram_weights": np.rint(grams.weights / grams.steps[:, None]).astype(np.int8),
            "gram_steps": grams.steps,
            "direction_scale": direction_scale,
            "direction_weights": of_differ,
            "direction_slope": np.array([slope]),
        }


def _fit_making(
    known: Known,
    pairs: Sequence[TextPair],
    measured: Sequence[tuple[Measures, F64]],
    figures: dict[str, Any],
) -> tuple[dict[str, Any], float]:
    """Arrays of the model of methods and directions, and the threshold of the log-odds of directions."""
    at = np.flatnonzero(known.copy)
    own = at.tolist()
    copies = Copies([pairs[k] for k in own], [measured[k] for k in own], known.method[at], known.folds[at])
    corpora, odds, long = copies.corpora, copies.odds, copies.long
    told = copies.shares.sum(axis=1).argmax(axis=1)
    figures["makers told"] = by_corpus(corpora, np.ones(len(at), bool), told == copies.method)
    threshold = direction_threshold(odds[long], copies.weight[long])
    given = np.abs(odds) >= threshold
    figures["direction given"] = by_corpus(corpora, copies.directed, given)
    figures["direction right where given"] = by_corpus(corpora, copies.directed & given, odds > 0)
    return copies.arrays, threshold


def _method_weights(method: I64, weight: F64) -> F64:
    """Factors that make the total weights of the methods equal, but for rewriting, which counts ``REWRITING`` times as much."""
    total = np.bincount(method, weight, minlength=len(METHODS))
    factor = total.mean() / np.maximum(total, 1e-9)
    factor[METHODS.index("rewriting")] *= REWRITING
    return np.asarray(factor[method])


def _making(same: F64, differ: F64, method: I64, weight: F64) -> tuple[F64, F64]:
    """Weights of the regression of methods and directions; in every row of a directed method the suspect is the copy.

    Half of the rows need not be swapped, because the weights of both orders are the same but for the sign.
    """
    n, rows, columns = len(method), same.shape[1] + 1, differ.shape[1]
    same = np.column_stack([same, np.ones(n)])
    target = np.zeros((n, 2, len(METHODS)))
    directed = method < len(DIRECTED)
    target[np.flatnonzero(directed), 0, method[directed]] = 1.0
    for side in (0, 1):
        target[np.flatnonzero(~directed), side, method[~directed]] = 0.5
    cut = len(METHODS) * rows
    penalty = np.full((len(METHODS), rows), 1 / KIND_C)
    penalty[:, -1] = 0.0
    strength = np.concatenate([penalty.ravel(), np.full(len(DIRECTED) * columns, 1 / DIRECTION_C)])

    def loss(w: F64) -> tuple[float, F64]:
        shares = class_probabilities(
            same @ w[:cut].reshape(-1, rows).T, differ @ w[cut:].reshape(-1, columns).T
        )
        value = -float(weight @ (target * np.log(np.maximum(shares, 1e-300))).sum(axis=(1, 2)))
        wrong = (shares - target) * weight[:, None, None]
        of_same = wrong.sum(axis=1).T @ same
        of_differ = (wrong[:, 0] - wrong[:, 1])[:, : len(DIRECTED)].T @ differ
        slope = np.concatenate([of_same.ravel(), of_differ.ravel()])
        return value + float(strength @ w**2) / 2, slope + strength * w

    found = minimize(loss, np.zeros(len(strength)), jac=True, method="L-BFGS-B", options={"maxiter": 120}).x
    return found[:cut].reshape(-1, rows), found[cut:].reshape(-1, columns)


def _class_shares(same: F64, differ: F64, weights: tuple[F64, F64]) -> F64:
    """Probabilities of methods and directions of each pair."""
    return class_probabilities(same @ weights[0][:, :-1].T + weights[0][:, -1], differ @ weights[1].T)


def slope_of(odds: F64, weight: F64) -> float:
    """Factor that calibrates log-odds of which all should be positive.

    Parameters
    ----------
    odds : ndarray of float64, shape (n,)
        Out-of-fold log-odds of the directions of copies, in each of which the suspect is the copy.
    weight : ndarray of float64, shape (n,)
        Weight of each copy.

    Returns
    -------
    float
        From 0.1 to 3.
    """

    def loss(factor: float) -> float:
        return float(weight @ np.logaddexp(0, -factor * odds))

    return float(minimize_scalar(loss, bounds=(0.1, 3.0), method="bounded").x)


def _folds(pairs: Sequence[TextPair]) -> I64:
    """Fold of each pair: by test set, family or engine where there are several, otherwise by text."""
    several = (
        "mt_train",
        "spinner",
        "spinner short",
        "apertium",
        "round_trips_gathered_train",
        "language_model_rewrites_train",
    )
    names = sorted(
        {p.environment for p in pairs if p.corpus in several}, key=lambda name: chance("fold", name)
    )
    number = {name: k % FOLDS for k, name in enumerate(names)}
    return np.array(
        [
            number[p.environment] if p.corpus in several else int(chance("fold", p.original[:200]) * FOLDS)
            for p in pairs
        ]
    )


def _weights(corpora: npt.NDArray[Any], limit: int) -> F64:
    """Weight of each pair, so that no corpus counts for more than ``limit`` pairs."""
    weight = np.ones(len(corpora))
    for name in np.unique(corpora):
        own = corpora == name
        weight[own] = min(1.0, limit / own.sum())
    return weight


def scale_of(columns: F64) -> F64:
    """Mean and standard deviation of each column.

    Parameters
    ----------
    columns : ndarray of float64, shape (n, n_columns)
        Without NaN.

    Returns
    -------
    ndarray of float64, shape (2, n_columns)
        Deviations have 1e-9 added, so that one can divide by them.
    """
    return np.stack([columns.mean(axis=0), columns.std(axis=0) + 1e-9])


def _linear(x: F64, y: npt.NDArray[Any], weight: F64, c: float) -> F64:
    """Weights and intercept of a logistic regression."""
    model = LogisticRegression(C=c, max_iter=2000).fit(x, y, weight)
    return np.append(model.coef_[0], model.intercept_)


def _out_of_fold(x: F64, y: npt.NDArray[Any], folds: I64, weight: F64, c: float) -> F64:
    """Out-of-fold log-odds of a logistic regression."""
    odds = np.zeros(len(y))
    for k in np.unique(folds):
        w = _linear(x[folds != k], y[folds != k], weight[folds != k], c)
        odds[folds == k] = x[folds == k] @ w[:-1] + w[-1]
    return odds


class _Grams:
    """Weights of the n-grams for each directed method, and the scores that they give the copies.

    Parameters
    ----------
    pairs : sequence of TextPair
        The copies.
    measures : sequence of Measures
        Their features.
    method, folds : ndarray of int64
        Method and fold of each.

    Attributes
    ----------
    weights : ndarray, shape (len(DIRECTED), 2**BITS)
    steps : ndarray, shape (len(DIRECTED),)
        Quantisation step of each row.
    scores : ndarray, shape (n, len(DIRECTED))
        Out-of-fold for the pairs that a row was fitted on.
    """

    def __init__(
        self, pairs: Sequence[TextPair], measures: Sequence[Measures], method: I64, folds: I64
    ) -> None:
        grams = _sparse(measures)
        self.weights = np.zeros((len(DIRECTED), grams.shape[1]))
        self.scores = np.zeros((len(pairs), len(DIRECTED)))
        for row in range(len(DIRECTED)):
            at = np.flatnonzero(method == row)
            # The copy is the suspect in all of them; half are swapped, so that the model sees both orders.
            sign = np.array(
                [1.0 if chance("turn", pairs[k].suspect[:99], k) < 0.5 else -1.0 for k in at.tolist()]
            )
            self.weights[row] = _gram_weights(grams[at], sign)
            self.scores[:, row] = grams @ self.weights[row]
            for k in np.unique(folds[at]):
                train = folds[at] != k
                weights = _gram_weights(grams[at[train]], sign[train])
                self.scores[at[~train], row] = grams[at[~train]] @ weights
        self.steps = np.maximum(np.abs(self.weights).max(axis=1), 1e-9) / 127


def require_enough(data: Path, method: I64) -> None:
    """Refuse copies that are too few to learn a direction from.

    Parameters
    ----------
    data : Path
        Folder of the corpora, for the message.
    method : ndarray of int64
        Method of each copy.

    Raises
    ------
    InputError
        If there are fewer than ``LEAST_COPIES`` of a method that has a direction.
    """
    for row, name in enumerate(DIRECTED):
        found = int((method == row).sum())
        if found < LEAST_COPIES:
            raise InputError(
                f"{data}: too few texts; they make {found} copies of the kind '{name}', and at least {LEAST_COPIES} are needed to learn directions"
            )


COMMON, POWER = 50.0, 0.4
"""An n-gram that differs in ``n`` pairs is scaled by ``(n + COMMON) ** -POWER``, so that frequent ones do not dominate. By n-grams alone, the
direction of 83 % of 1,500 pairs of mt_dev is right; 80 % without scaling. Powers of 0.25 to 0.5 are equally good."""


def _gram_weights(x: Any, sign: F64) -> F64:
    """Weights of the n-grams, with frequent ones scaled down."""
    scale = (np.bincount(x.indices, minlength=x.shape[1]) + COMMON) ** -POWER
    scale /= np.sqrt((scale[x.indices] ** 2).mean())
    return np.asarray(_unsigned(x.multiply(scale).tocsr(), sign, GRAM_C) * scale)


def _unsigned(x: Any, sign: F64, c: float) -> F64:
    """Weights of a regression without intercept, on rows (suspect minus original) multiplied by ``sign``."""
    weights = np.zeros(x.shape[1])
    # N-grams that no pair has get weight 0 and are skipped in the fit.
    used = np.unique(x.indices) if hasattr(x, "indices") else np.arange(x.shape[1])
    turned = x[:, used].multiply(sign[:, None]).tocsr() if hasattr(x, "indices") else x * sign[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=c, fit_intercept=False, max_iter=300).fit(turned, sign > 0)
    weights[used] = model.coef_[0]
    return weights


def _sparse(measures: Sequence[Measures]) -> Any:
    """Matrix of the n-gram differences, a row per pair."""
    ends = np.append(0, np.cumsum([len(m.grams) for m in measures]))
    values = np.concatenate([m.excess for m in measures]).astype(np.float32)
    columns = np.concatenate([m.grams for m in measures])
    return csr_matrix((values, columns, ends), shape=(len(measures), 1 << BITS))


def direction_threshold(odds: F64, weight: F64, right: float = DIRECTION_RIGHT) -> float:
    """Least absolute log-odds from which a share of ``right`` of the directions are right.

    Parameters
    ----------
    odds, weight
        As for :func:`slope_of`.
    right : float
        Share, by weight, from 0 to 1.

    Returns
    -------
    float
        ``LARGEST_ODDS`` if no threshold is good enough.
    """
    order = np.argsort(-np.abs(odds))
    share = weight[order]
    shares = np.cumsum(share * (odds[order] > 0)) / np.cumsum(share)
    good = np.flatnonzero(shares >= right)
    return float(np.abs(odds[order][good[-1]])) if len(good) else LARGEST_ODDS


def by_corpus(
    corpora: npt.NDArray[Any], where: npt.NDArray[np.bool_], right: npt.NDArray[Any]
) -> dict[str, float]:
    """Share of right answers among the pairs of each corpus that ``where`` selects.

    Parameters
    ----------
    corpora : ndarray of str, shape (n,)
        Corpus of each pair.
    where : ndarray of bool, shape (n,)
        Pairs that count.
    right : ndarray of bool, shape (n,)
        Whether the answer is right.

    Returns
    -------
    dict of str to float
        Shares rounded to four digits; corpora without a pair that counts are left out.
    """
    return {
        str(name): round(float(right[where & (corpora == name)].mean()), 4)
        for name in np.unique(corpora[where])
    }
