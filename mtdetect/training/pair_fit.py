"""Fit the pair model on measured pairs.

As with the detector, every number that a later stage relies on is out-of-fold. Folds hold whole test sets, families of spinners and
engines where there are several, otherwise texts.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mtdetect.comparison.measures import BITS, Measures
from mtdetect.comparison.model import CLIP, DIRECTED, METHODS, PairModel, crossed, differences
from mtdetect.text.arrays import F64, I64
from mtdetect.training.corpus import chance
from mtdetect.training.text_pairs import TextPair

FOLDS = 6

CORPUS_LIMIT = 1500
"""Largest total weight of a corpus, in pairs, where several are fitted together."""

COPY_C, KIND_C, GRAM_C, DIRECTION_C = 0.3, 0.3, 30.0, 0.1
"""Inverse strength of the regularisation of each logistic regression."""

RELATED_CALLED_COPIES = 0.001
"""Largest share of pairs on the same subject that may be called copies."""

DIRECTION_RIGHT = 0.975
"""Least share of the given directions that are right, out-of-fold. A little more than the promised 0.97, because users have engines that
differ more."""

LARGEST_ODDS = 99.0
"""Threshold at which no direction is given."""

SHORT_CORPORA = ("claims_round_trip_train", "sentences_mt_post_edit_train")
"""Corpora of one or a few sentences: used for fitting, but not for the threshold of directions."""

_METHOD_OF = {"apertium": "rules", "spinner": "spinning", "desk": "editing", "allsides": "editing"}
"""How the copies of a corpus were made, if not by neural translation."""

_SUBJECTS = ("allsides", "allsides spun", "essays_round_trip_train", "novels")
"""Corpora whose other pairs share a subject."""


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
    known = _Known(pairs)
    figures: dict[str, Any] = {}
    of_copies, copy_threshold = _fit_copy(known, measured, figures)
    of_methods, methods = _fit_methods(known, measured, figures)
    of_directions, direction_threshold = _fit_direction(known, pairs, measured, methods, figures)
    thresholds = np.array([copy_threshold, direction_threshold])
    return PairModel(**of_copies, **of_methods, **of_directions, thresholds=thresholds), figures


class _Known:
    """What is known of the pairs, as arrays: corpus, whether there is a copy, its method, weight and fold."""

    def __init__(self, pairs: Sequence[TextPair]) -> None:
        self.corpora = np.array([p.corpus for p in pairs])
        self.copy = np.array([p.is_copy for p in pairs])
        self.method = np.array([METHODS.index(_METHOD_OF.get(p.corpus, "neural")) for p in pairs])
        self.weight = _weights(self.corpora)
        self.folds = _folds(pairs)


def _fit_copy(
    known: _Known, measured: Sequence[tuple[Measures, F64]], figures: dict[str, Any]
) -> tuple[dict[str, Any], float]:
    """Arrays of the copy model, and the threshold of its log-odds."""
    copy, others, weight = known.copy, ~known.copy, known.weight
    columns = np.array([m.copy for m, _ in measured])
    scale = _scale(columns)
    x = (columns - scale[0]) / scale[1]
    odds = _out_of_fold(x, copy, known.folds, weight, COPY_C)
    same_subject = np.isin(known.corpora, _SUBJECTS) & others
    threshold = max(0.0, float(np.quantile(odds[same_subject], 1 - RELATED_CALLED_COPIES)))
    figures["copies called copies"] = _by(known.corpora, copy, odds >= threshold)
    figures["others called copies"] = _by(known.corpora, others, odds >= threshold)
    arrays = {
        "copy_scale": scale,
        "copy_weights": _linear(x, copy, weight, COPY_C),
        "related_weights": _linear(x[others], same_subject[others], weight[others], COPY_C),
    }
    return arrays, threshold


def _fit_methods(
    known: _Known, measured: Sequence[tuple[Measures, F64]], figures: dict[str, Any]
) -> tuple[dict[str, Any], F64]:
    """Arrays of the model of methods, and its out-of-fold probabilities of all pairs."""
    copy, method, weight = known.copy, known.method, known.weight
    columns = crossed(np.array([m.kind for m, _ in measured]))
    scale = _scale(columns[copy])
    x = (columns - scale[0]) / scale[1]
    probabilities = _method_probabilities(x, method, copy, known.folds, weight)
    figures["makers told"] = _by(known.corpora, copy, probabilities.argmax(axis=1) == method)
    whole = _multinomial(x[copy], method[copy], weight[copy])
    arrays = {"kind_scale": scale, "kind_weights": np.column_stack([whole.coef_, whole.intercept_])}
    return arrays, probabilities


def _fit_direction(
    known: _Known,
    pairs: Sequence[TextPair],
    measured: Sequence[tuple[Measures, F64]],
    methods: F64,
    figures: dict[str, Any],
) -> tuple[dict[str, Any], float]:
    """Arrays of the direction models, and the threshold of their combined log-odds."""
    parts = [
        _Direction(pairs, measured, (known.method == k) & known.copy, known.folds)
        for k in range(len(DIRECTED))
    ]
    directed = known.copy & (known.method < len(DIRECTED))
    all_odds = np.stack([part.odds() for part in parts], axis=1)
    share = methods[:, : len(DIRECTED)] / np.maximum(
        methods[:, : len(DIRECTED)].sum(axis=1, keepdims=True), 1e-9
    )
    odds = (share * all_odds).sum(axis=1)
    threshold = _direction_threshold(odds, known.corpora, directed, known.weight)
    given = np.abs(odds) >= threshold
    figures["direction given"] = _by(known.corpora, directed, given)
    figures["direction right where given"] = _by(known.corpora, directed & given, odds > 0)
    grams = np.stack([part.grams for part in parts])
    steps = np.maximum(np.abs(grams).max(axis=1), 1e-9) / 127
    arrays = {
        "gram_weights": np.rint(grams / steps[:, None]).astype(np.int8),
        "gram_steps": steps,
        "direction_scale": np.stack([part.scale for part in parts]),
        "direction_weights": np.stack([part.weights for part in parts]),
    }
    return arrays, threshold


def _folds(pairs: Sequence[TextPair]) -> I64:
    """Fold of each pair: by test set, family or engine where there are several, otherwise by text."""
    several = ("mt_train", "spinner", "apertium")
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


def _weights(corpora: npt.NDArray[Any]) -> F64:
    """Weight of each pair, so that no corpus counts for more than ``CORPUS_LIMIT`` pairs."""
    weight = np.ones(len(corpora))
    for name in np.unique(corpora):
        own = corpora == name
        weight[own] = min(1.0, CORPUS_LIMIT / own.sum())
    return weight


def _scale(columns: F64) -> F64:
    """Mean and standard deviation of each column."""
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


def _multinomial(x: F64, y: npt.NDArray[Any], weight: F64) -> Any:
    """Fitted logistic regression of the methods."""
    return LogisticRegression(C=KIND_C, max_iter=2000).fit(x, y, weight)


def _method_probabilities(x: F64, y: I64, copy: npt.NDArray[np.bool_], folds: I64, weight: F64) -> F64:
    """Out-of-fold probabilities of the methods."""
    result = np.zeros((len(y), len(METHODS)))
    for k in np.unique(folds):
        known = copy & (folds != k)
        model = _multinomial(x[known], y[known], weight[known])
        result[np.ix_(folds == k, model.classes_)] = model.predict_proba(x[folds == k])
    return result


class _Direction:
    """The direction model of one method.

    Parameters
    ----------
    pairs : sequence of TextPair
        All pairs.
    measured : sequence of (Measures, ndarray)
        Their features and differences of style.
    own : ndarray of bool
        Which pairs are copies made by the method.
    folds : ndarray of int64
        Fold of each pair.

    Attributes
    ----------
    grams : ndarray, shape (2**BITS,)
        Weights of the n-grams.
    scale, weights : ndarray
        Root mean square and weights of the differences.
    """

    def __init__(
        self,
        pairs: Sequence[TextPair],
        measured: Sequence[tuple[Measures, F64]],
        own: npt.NDArray[np.bool_],
        folds: I64,
    ) -> None:
        at = np.flatnonzero(own)
        # The copy is the suspect in all of them; half are swapped, so that the model sees both orders.
        sign = np.array(
            [1.0 if chance("turn", pairs[k].suspect[:99], k) < 0.5 else -1.0 for k in at.tolist()]
        )
        grams = _sparse([m for m, _ in measured])
        fold = folds[at]
        gram_scores = np.zeros(len(pairs))  # out-of-fold
        for k in np.unique(fold):
            train = fold != k
            weights = _gram_weights(grams[at[train]], sign[train])
            gram_scores[at[~train]] = grams[at[~train]] @ weights
        self.grams = _gram_weights(grams[at], sign)
        others = np.setdiff1d(np.arange(len(pairs)), at)
        gram_scores[others] = grams[others] @ self.grams
        rows = _differences(measured, gram_scores)
        self.scale = np.sqrt((rows[at] ** 2).mean(axis=0)) + 1e-6
        self._rows = np.clip(rows / self.scale, -CLIP, CLIP)
        self._folds = {}
        for k in np.unique(fold):
            train = fold != k
            self._folds[int(k)] = _unsigned(self._rows[at[train]], sign[train], DIRECTION_C)
        self.weights = _unsigned(self._rows[at], sign, DIRECTION_C)
        self._fold_of = np.where(own, folds, -1)

    def odds(self) -> F64:
        """Log-odds of all pairs, out-of-fold for those it was fitted on."""
        result = self._rows @ self.weights
        for k, weights in self._folds.items():
            mask = self._fold_of == k
            result[mask] = self._rows[mask] @ weights
        return np.asarray(result)


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


def _differences(measured: Sequence[tuple[Measures, F64]], grams: F64) -> F64:
    """Inputs of a direction model, a row per pair; ``grams`` are the scores of the n-grams."""
    return np.array([differences(float(g), m, style) for g, (m, style) in zip(grams, measured, strict=True)])


def _direction_threshold(
    odds: F64, corpora: npt.NDArray[Any], directed: npt.NDArray[np.bool_], weight: F64
) -> float:
    """Least absolute log-odds from which ``DIRECTION_RIGHT`` of the directions are right, over all corpora but the short ones."""
    own = directed & ~np.isin(corpora, SHORT_CORPORA)
    order = np.argsort(-np.abs(odds[own]))
    share = weight[own][order]
    right = np.cumsum(share * (odds[own][order] > 0)) / np.cumsum(share)
    good = np.flatnonzero(right >= DIRECTION_RIGHT)
    return float(np.abs(odds[own][order][good[-1]])) if len(good) else LARGEST_ODDS


def _by(corpora: npt.NDArray[Any], where: npt.NDArray[np.bool_], right: npt.NDArray[Any]) -> dict[str, float]:
    """Share of right answers among the pairs of each corpus that ``where`` selects."""
    return {
        str(name): round(float(right[where & (corpora == name)].mean()), 4)
        for name in np.unique(corpora[where])
    }
